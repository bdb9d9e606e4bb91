using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace IstioAdmin.Core.Tests.Kube.World;

/// <summary>A proxy on loopback that knows HTTP's CONNECT and nothing else; sends every tunnel to one target whatever name was asked for.</summary>
internal sealed class ConnectProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _heads = new();
    private readonly IPEndPoint _target;
    private readonly string _answer;
    private readonly Task _accepting;

    public ConnectProxy(Uri target, string answer = "200 OK")
    {
        _target = new IPEndPoint(IPAddress.Parse(target.Host), target.Port);
        _answer = answer;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Authority => _listener.LocalEndpoint.ToString()!;

    /// <summary>The heads of all requests so far.</summary>
    public IReadOnlyCollection<string> Heads => _heads;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var tunnels = new List<Task>();
        try
        {
            while (true)
            {
                tunnels.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(tunnels);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                NetworkStream near = client.GetStream();
                _heads.Enqueue(await ReadHeadAsync(near));
                await near.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {_answer}\r\nContent-Length: 0\r\n\r\n"), _stop.Token);
                if (!_answer.StartsWith("200", StringComparison.Ordinal))
                    return;
                using var server = new TcpClient();
                await server.ConnectAsync(_target, _stop.Token);
                NetworkStream far = server.GetStream();
                await Task.WhenAny(near.CopyToAsync(far, _stop.Token), far.CopyToAsync(near, _stop.Token));
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or SocketException)
            {
                // The tunnel's end.
            }
        }
    }

    private async Task<string> ReadHeadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        byte[] one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one, _stop.Token) > 0)
        {
            head.Append((char)one[0]);
        }
        return head.ToString();
    }
}
