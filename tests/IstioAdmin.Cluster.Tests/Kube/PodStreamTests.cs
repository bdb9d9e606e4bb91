using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using IstioAdmin.Core;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Exec;
using IstioAdmin.Core.Kube.Logs;
using IstioAdmin.Core.Kube.PortForwarding;
using IstioAdmin.Testing;

namespace IstioAdmin.Cluster.Tests.Kube;

/// <summary>Exec, logs and port-forward through a real API server, kubelet and container runtime.</summary>
[Collection(MeshNode.Collection)]
public sealed class PodStreamTests(Testbed testbed) : IAsyncLifetime
{
    private static string? _namespace;
    private static MeshNode? _runningOn;

    private KubeClient _client = null!;
    private PodContainer _ratings = null!;

    private static CancellationToken Cancel => LiveClient.Cancel;

    public async ValueTask InitializeAsync()
    {
        MeshNode node = await testbed.NodeAsync();
        _client = await LiveClient.OpenAsync(node.Kubeconfig);
        // One pod for all tests of this class, and another one when the node is another one.
        if (_namespace is null || _runningOn != node)
        {
            _namespace = await node.ControlPlane.CreateNamespaceAsync("streams");
            _runningOn = node;
            await node.RunPodsAsync(_namespace, "cni", "init-container");
        }
        _ratings = new PodContainer(_namespace, "cni", "ratings");
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_commands_streams_are_kept_apart_and_its_exit_code_comes_back()
    {
        ExecResult result = await _client.ExecAsync(_ratings, ["sh", "-c", "echo out; echo err >&2; exit 42"], Cancel);

        Assert.Equal((42, "out\n", "err\n"), (result.ExitCode, result.OutputText, result.ErrorText));
        Assert.Equal(0, (await _client.ExecAsync(_ratings, ["true"], Cancel)).ExitCode);
    }

    [Fact]
    public async Task Arguments_reach_the_command_as_they_are()
    {
        string[] arguments = ["a b", "$HOME", "'quoted'", "ü&=?#%", "", "*"];

        ExecResult result = await _client.ExecAsync(_ratings, ["sh", "-c", "for a; do printf '%s|' \"$a\"; done", "sh", .. arguments], Cancel);

        Assert.Equal(string.Concat(arguments.Select(argument => argument + "|")), result.OutputText);
    }

    [Fact]
    public async Task Two_hundred_megabytes_on_both_streams_arrive_whole()
    {
        const int Megabytes = 100;
        using var output = new HashingStream();
        using var error = new HashingStream();
        string command = $"dd if=/dev/zero bs=1048576 count={Megabytes} 2>/dev/null & yes 0123456789abcde | dd iflag=fullblock bs=1048576 count={Megabytes} >&2 2>/dev/null; wait";

        int exitCode = await _client.ExecAsync(_ratings, ["sh", "-c", command], output, error, input: null, Cancel);

        Assert.Equal(0, exitCode);
        Assert.Equal((Megabytes * 1048576L, Megabytes * 1048576L), (output.Count, error.Count));
        Assert.Equal(HashOf([0], Megabytes * 1048576), output.Hash);
        Assert.Equal(HashOf("0123456789abcde\n"u8.ToArray(), Megabytes * 65536), error.Hash);
    }

    [Fact]
    public async Task Input_reaches_a_command_that_knows_how_much_to_read()
    {
        byte[] input = RandomNumberGenerator.GetBytes(1024 * 1024);
        using var output = new MemoryStream();

        int exitCode = await _client
            .ExecAsync(_ratings, ["sh", "-c", $"head -c {input.Length} | sha256sum"], output, Stream.Null, new MemoryStream(input), Cancel).WaitAsync(LiveClient.Soon, Cancel);

        Assert.Equal(0, exitCode);
        Assert.StartsWith(Convert.ToHexStringLower(SHA256.HashData(input)), Encoding.UTF8.GetString(output.ToArray()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_that_there_is_no_such_container_pod_or_command()
    {
        MeshException container = await Assert.ThrowsAnyAsync<MeshException>(() => _client.ExecAsync(_ratings with { Container = "nope" }, ["true"], Cancel));
        MeshException unnamed = await Assert.ThrowsAnyAsync<MeshException>(() => _client.ExecAsync(_ratings with { Container = null }, ["true"], Cancel));
        MeshException pod = await Assert.ThrowsAnyAsync<MeshException>(() => _client.ExecAsync(_ratings with { Pod = "nope" }, ["true"], Cancel));
        MeshException command = await Assert.ThrowsAnyAsync<MeshException>(() => _client.ExecAsync(_ratings, ["no-such-command"], Cancel));

        Assert.Equal(
            [("ContainerNotFound", FailureKind.NotFound), ("ContainerRequired", FailureKind.InvalidInput), ("ObjectNotFound", FailureKind.NotFound), ("CommandNotStarted", FailureKind.Rejected)],
            new[] { container, unnamed, pod, command }.Select(failure => (failure.ErrorId, failure.Kind)));
        Assert.Contains("no-such-command", command.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_runs_on_can_be_left()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        await using ExecSession session = await _client.StartExecAsync(_ratings, ["sh", "-c", "echo started; sleep 1000"], withInput: false, stop.Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (ExecChunk _ in session.ReadAsync(stop.Token))
                await stop.CancelAsync();
        });
    }

    [Fact]
    public async Task Logs_are_read_by_container_and_from_their_end()
    {
        var init = new PodContainer(_namespace!, "init-container", "istio-init");

        string line = Assert.Single(await _client.ReadLogAsync(init, new LogOptions(), Cancel).ToListAsync(Cancel));
        string stamped = Assert.Single(await _client.ReadLogAsync(init, new LogOptions { Tail = 1, Timestamps = true }, Cancel).ToListAsync(Cancel));
        MeshException failure = await Assert.ThrowsAnyAsync<MeshException>(async () => await _client.ReadLogAsync(init with { Container = "nope" }, new LogOptions(), Cancel).ToListAsync(Cancel));

        Assert.Contains("-p 15001", line, StringComparison.Ordinal);
        Assert.EndsWith(" " + line, stamped, StringComparison.Ordinal);
        Assert.True(DateTimeOffset.TryParse(stamped.Split(' ')[0], out _));
        Assert.Equal("ContainerNotFound", failure.ErrorId);
        Assert.Empty(await _client.ReadLogAsync(init, new LogOptions { Tail = 0 }, Cancel).ToListAsync(Cancel));
    }

    [Fact]
    public async Task A_followed_log_brings_what_is_written_later()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        await _client.ExecAsync(_ratings, ["sh", "-c", "echo written before > /proc/1/fd/1"], Cancel);
        await Eventually.BecomesTrueAsync(
            async () => await _client.ReadLogAsync(_ratings, new LogOptions { Tail = 1 }, Cancel).ToListAsync(Cancel) is ["written before"], "the line is in the log");
        await using IAsyncEnumerator<string> lines = _client.ReadLogAsync(_ratings, new LogOptions { Follow = true, Tail = 1 }, stop.Token).GetAsyncEnumerator(Cancel);
        // Its last line tells that the log is open.
        Assert.True(await lines.MoveNextAsync().AsTask().WaitAsync(LiveClient.Soon, Cancel));
        Assert.Equal("written before", lines.Current);
        Task<bool> next = lines.MoveNextAsync().AsTask();
        Assert.False(next.IsCompleted);

        await _client.ExecAsync(_ratings, ["sh", "-c", "echo written later > /proc/1/fd/1"], Cancel);

        Assert.True(await next.WaitAsync(LiveClient.Soon, Cancel));
        Assert.Equal("written later", lines.Current);
        next = lines.MoveNextAsync().AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.WaitAsync(LiveClient.Soon, Cancel));
    }

    [Fact]
    public async Task A_forwarded_port_serves_many_connections_at_once()
    {
        await using PortForwarder forwarder = await _client.ForwardPortAsync(_namespace!, "cni", 9080, 0, failure => Assert.Fail(failure.Message), Cancel);
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 8 }) { BaseAddress = new Uri($"http://{forwarder.LocalEndpoint}") };

        string[] answers = await Task.WhenAll(Enumerable.Range(0, 24).Select(_ => http.GetStringAsync(new Uri("/ratings/0", UriKind.Relative), Cancel))).WaitAsync(LiveClient.Soon, Cancel);

        Assert.All(answers, answer => Assert.Contains("Reviewer1", answer, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Says_that_nothing_listens_on_a_port_and_serves_on()
    {
        var reported = new TaskCompletionSource<MeshException>();
        await using PortForwarder forwarder = await _client.ForwardPortAsync(_namespace!, "cni", 81, 0, failure => reported.TrySetResult(failure), Cancel);
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(forwarder.LocalEndpoint, Cancel);

        MeshException failure = await reported.Task.WaitAsync(LiveClient.Soon, Cancel);

        Assert.Equal("PortForwardFailed", failure.ErrorId);
        Assert.Contains($"port 81 of pod {_namespace}/cni", failure.Message, StringComparison.Ordinal);
        Assert.Contains("refused", failure.Message, StringComparison.Ordinal);
        Assert.Equal("ObjectNotFound", (await Assert.ThrowsAnyAsync<MeshException>(() => _client.ForwardPortAsync(_namespace!, "nope", 80, 0, _ => { }, Cancel))).ErrorId);
    }

    private static string HashOf(byte[] pattern, int times)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] block = [.. Enumerable.Repeat(pattern, 65536).SelectMany(bytes => bytes)];
        for (int left = times; left > 0; left -= 65536)
            hash.AppendData(block, 0, Math.Min(left, 65536) * pattern.Length);
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private sealed class HashingStream : MemoryStream
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        public long Count { get; private set; }

        public string Hash => Convert.ToHexString(_hash.GetCurrentHash());

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Count += buffer.Length;
            _hash.AppendData(buffer.Span);
            return ValueTask.CompletedTask;
        }

        protected override void Dispose(bool disposing)
        {
            _hash.Dispose();
            base.Dispose(disposing);
        }
    }
}
