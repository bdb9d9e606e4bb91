using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.PortForwarding;
using IstioAdmin.Core.Tests.Kube.Exec;
using IstioAdmin.Testing;

namespace IstioAdmin.Core.Tests.Kube.PortForwarding;

public class PortForwardTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Carries_bytes_both_ways_without_the_port_numbers()
    {
        await using FakeApiServer server = await FakePod.StartAsync(EchoAsync);
        using KubeClient client = await FakeClient.OpenAsync(server);
        await using Stream stream = await client.ConnectPortAsync("ns", "web-0", 80, Cancel);

        await stream.WriteAsync("hello"u8.ToArray(), Cancel);
        byte[] answer = new byte[5];
        await stream.ReadExactlyAsync(answer, Cancel).AsTask().WaitAsync(Soon, Cancel);

        Assert.Equal("hello", Encoding.UTF8.GetString(answer));
        Assert.Equal("GET /api/v1/namespaces/ns/pods/web-0/portforward?ports=80", Assert.Single(server.Requests));
    }

    [Fact]
    public async Task Ends_where_the_pod_ends_the_connection()
    {
        await using FakeApiServer server = await FakePod.StartAsync(async socket =>
        {
            await OpenAsync(socket);
            await socket.SendAsync(0, "bye");
            await socket.CloseAsync();
        });
        using KubeClient client = await FakeClient.OpenAsync(server);
        await using Stream stream = await client.ConnectPortAsync("ns", "web-0", 80, Cancel);

        Assert.Equal("bye", await new StreamReader(stream).ReadToEndAsync(Cancel).WaitAsync(Soon, Cancel));
    }

    [Fact]
    public async Task Says_what_the_node_says_on_the_error_channel()
    {
        await using FakeApiServer server = await FakePod.StartAsync(async socket =>
        {
            await OpenAsync(socket);
            await socket.SendAsync(1, "failed to connect to localhost:81: connection refused");
            await socket.CloseAsync();
        });
        using KubeClient client = await FakeClient.OpenAsync(server);
        await using Stream stream = await client.ConnectPortAsync("ns", "web-0", 81, Cancel);

        MeshException failure = await Assert.ThrowsAsync<MeshException>(async () => await stream.ReadExactlyAsync(new byte[1], Cancel));

        Assert.Equal("PortForwardFailed", failure.ErrorId);
        Assert.Contains("port 81 of pod ns/web-0 failed: failed to connect to localhost:81: connection refused", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serves_several_local_connections_at_once()
    {
        await using FakeApiServer server = await FakePod.StartAsync(EchoAsync);
        using KubeClient client = await FakeClient.OpenAsync(server);
        await using PortForwarder forwarder = PortForwarder.Start(cancel => client.ConnectPortAsync("ns", "web-0", 80, cancel), 0, failure => Assert.Fail(failure.Message));

        TcpClient[] clients = [.. Enumerable.Range(0, 5).Select(_ => new TcpClient())];
        foreach (TcpClient tcp in clients)
            await tcp.ConnectAsync(forwarder.LocalEndpoint, Cancel);
        string[] answers = await Task.WhenAll(clients.Reverse().Select((tcp, i) => AskAsync(tcp, $"question {i}"))).WaitAsync(Soon, Cancel);

        Assert.Equal(Enumerable.Range(0, 5).Select(i => $"question {i}"), answers);
        foreach (TcpClient tcp in clients)
            tcp.Dispose();
    }

    [Fact]
    public async Task Reports_a_connection_that_fails_and_serves_the_next()
    {
        int connections = 0;
        await using FakeApiServer server = await FakePod.StartAsync(async socket =>
        {
            if (Interlocked.Increment(ref connections) > 1)
            {
                await EchoAsync(socket);
                return;
            }
            await OpenAsync(socket);
            await socket.SendAsync(1, "connection refused");
            await socket.CloseAsync();
        });
        using KubeClient client = await FakeClient.OpenAsync(server);
        var reported = new TaskCompletionSource<MeshException>();
        await using PortForwarder forwarder = PortForwarder.Start(cancel => client.ConnectPortAsync("ns", "web-0", 80, cancel), 0, failure => reported.TrySetResult(failure));

        using var first = new TcpClient();
        await first.ConnectAsync(forwarder.LocalEndpoint, Cancel);
        Assert.Equal("PortForwardFailed", (await reported.Task.WaitAsync(Soon, Cancel)).ErrorId);
        Assert.Equal(0, await first.GetStream().ReadAsync(new byte[1], Cancel).AsTask().WaitAsync(Soon, Cancel));

        using var second = new TcpClient();
        await second.ConnectAsync(forwarder.LocalEndpoint, Cancel);
        Assert.Equal("still there", await AskAsync(second, "still there").WaitAsync(Soon, Cancel));
    }

    [Fact]
    public void Says_that_a_local_port_is_taken()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;

        MeshException failure = Assert.Throws<MeshException>(() => PortForwarder.Start(_ => Task.FromResult(Stream.Null), port, _ => { }));

        Assert.Equal("LocalPortNotAvailable", failure.ErrorId);
        listener.Dispose();
    }

    [Fact]
    public async Task Closes_everything_when_disposed()
    {
        await using FakeApiServer server = await FakePod.StartAsync(EchoAsync);
        using KubeClient client = await FakeClient.OpenAsync(server);
        PortForwarder forwarder = PortForwarder.Start(cancel => client.ConnectPortAsync("ns", "web-0", 80, cancel), 0, failure => Assert.Fail(failure.Message));
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(forwarder.LocalEndpoint, Cancel);
        await AskAsync(tcp, "hello");

        await forwarder.DisposeAsync().AsTask().WaitAsync(Soon, Cancel);

        Assert.Equal(0, await tcp.GetStream().ReadAsync(new byte[1], Cancel).AsTask().WaitAsync(Soon, Cancel));
        using var late = new TcpClient();
        await Assert.ThrowsAsync<SocketException>(() => late.ConnectAsync(forwarder.LocalEndpoint, Cancel).AsTask());
    }

    private static async Task<string> AskAsync(TcpClient tcp, string question)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(question);
        await tcp.GetStream().WriteAsync(bytes, Cancel);
        await tcp.GetStream().ReadExactlyAsync(bytes, Cancel);
        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>Each channel begins with the port; the second one's comes in two pieces.</summary>
    private static async Task OpenAsync(WebSocket socket)
    {
        await socket.SendAsync(0, [80, 0]);
        await socket.SendAsync(1, [80]);
        await socket.SendAsync(1, [0]);
    }

    private static async Task EchoAsync(WebSocket socket)
    {
        await OpenAsync(socket);
        while (await socket.ReceiveAsync() is { } message)
            await socket.SendAsync(message[0], message[1..]);
    }
}
