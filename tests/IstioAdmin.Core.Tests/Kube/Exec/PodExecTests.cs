using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Exec;
using IstioAdmin.Testing;
using static IstioAdmin.Core.Tests.Kube.Objects;

namespace IstioAdmin.Core.Tests.Kube.Exec;

public class PodExecTests
{
    private const string Success = """{"metadata":{},"status":"Success"}""";
    private const string Exit42 = """{"status":"Failure","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"42"}]}}""";

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);
    private static readonly PodContainer Target = new("ns", "web-0", "app");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Captures_both_streams_and_the_exit_code()
    {
        await using FakeApiServer server = await FakePod.StartAsync(async socket =>
        {
            await socket.SendAsync(1, "");
            await socket.SendAsync(1, "out ");
            await socket.SendAsync(2, "err");
            await socket.SendAsync(1, "put");
            await socket.SendAsync(3, Exit42);
            await socket.CloseAsync();
        });

        ExecResult result = await RunAsync(server, "sh", "-c", "exit 42");

        Assert.Equal((42, "out put", "err"), (result.ExitCode, result.OutputText, result.ErrorText));
        Assert.Equal("GET /api/v1/namespaces/ns/pods/web-0/exec?command=sh&command=-c&command=exit%2042&container=app&stdout=true&stderr=true", Assert.Single(server.Requests));
    }

    [Fact]
    public async Task Reads_on_to_the_end_when_output_comes_after_the_status()
    {
        await using FakeApiServer server = await FakePod.StartAsync(async socket =>
        {
            await socket.SendAsync(3, Success);
            await socket.SendAsync(1, "late");
            await socket.CloseAsync();
        });

        Assert.Equal("late", (await RunAsync(server, "true")).OutputText);
    }

    [Fact]
    public async Task Takes_the_status_for_the_end_when_the_server_hangs_up_rudely()
    {
        await using FakeApiServer server = await FakePod.StartAsync(async socket =>
        {
            await socket.SendAsync(1, "all");
            await socket.SendAsync(3, Success);
            // A reset overtakes what it is sent behind; this shall arrive.
            await Task.Delay(2000);
            socket.Abort();
        });

        ExecResult result = await RunAsync(server, "true");

        Assert.Equal((0, "all"), (result.ExitCode, result.OutputText));
    }

    [Fact]
    public async Task Says_that_it_does_not_know_how_the_command_ended()
    {
        await using FakeApiServer server = await FakePod.StartAsync(socket => socket.CloseAsync());

        Assert.Equal("CommandInterrupted", (await Assert.ThrowsAsync<MeshException>(() => RunAsync(server, "true"))).ErrorId);
    }

    [Theory]
    [InlineData("""{"status":"Failure","reason":"InternalError","message":"exec: \"nope\": executable file not found in $PATH"}""")]
    [InlineData("exec: \"nope\": executable file not found in $PATH\n")]
    public async Task Says_why_a_command_did_not_start(string status)
    {
        await using FakeApiServer server = await FakePod.StartAsync(async socket =>
        {
            await socket.SendAsync(3, status);
            await socket.CloseAsync();
        });

        MeshException failure = await Assert.ThrowsAsync<MeshException>(() => RunAsync(server, "nope"));

        Assert.Equal("CommandNotStarted", failure.ErrorId);
        Assert.Contains("ns/web-0, container app: exec: \"nope\": executable file not found in $PATH", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Neither_loses_nor_hoards_what_a_slow_reader_leaves()
    {
        const int Chunks = 4096, ChunkSize = 32 * 1024;
        byte[] chunk = new byte[ChunkSize];
        await using FakeApiServer server = await FakePod.StartAsync(async socket =>
        {
            for (int i = 0; i < Chunks; i++)
                await socket.SendAsync((byte)(1 + i % 2), chunk);
            await socket.SendAsync(3, Success);
            await socket.CloseAsync();
        });
        using KubeClient client = await FakeClient.OpenAsync(server);
        using var output = new CountingStream();
        using var error = new CountingStream();

        int exitCode = await client.ExecAsync(Target, ["cat", "/dev/zero"], output, error, input: null, Cancel);

        Assert.Equal((0, Chunks / 2L * ChunkSize, Chunks / 2L * ChunkSize), (exitCode, output.Count, error.Count));
    }

    [Fact]
    public async Task Feeds_input_and_says_where_it_ends_if_the_server_understands()
    {
        var received = new MemoryStream();
        await using FakeApiServer server = await FakePod.StartAsync(
            async socket =>
            {
                while (await socket.ReceiveAsync() is { } message && message is not [255, 0])
                    received.Write(message, 1, message.Length - 1);
                await socket.SendAsync(3, Success);
                await socket.CloseAsync();
            },
            "v5.channel.k8s.io");
        using KubeClient client = await FakeClient.OpenAsync(server);
        byte[] input = [.. Enumerable.Range(0, 100_000).Select(i => (byte)i)];

        await client.ExecAsync(Target, ["cat"], Stream.Null, Stream.Null, new MemoryStream(input), Cancel).WaitAsync(Soon, Cancel);

        Assert.Equal(input, received.ToArray());
    }

    [Fact]
    public async Task Says_that_an_older_server_cannot_be_told_where_input_ends()
    {
        await using FakeApiServer server = await FakePod.StartAsync(async socket => await socket.ReceiveAsync());
        using KubeClient client = await FakeClient.OpenAsync(server);
        await using ExecSession session = await client.StartExecAsync(Target, ["cat"], withInput: true, Cancel);

        Assert.False(session.CanEndInput);
        Assert.Equal("InputEndNotSupported", (await Assert.ThrowsAsync<MeshException>(() => session.EndInputAsync(Cancel))).ErrorId);
    }

    [Fact]
    public async Task A_command_need_not_read_all_of_its_input()
    {
        await using FakeApiServer server = await FakePod.StartAsync(async socket =>
        {
            await socket.SendAsync(3, Success);
            await socket.CloseAsync();
        });
        using KubeClient client = await FakeClient.OpenAsync(server);

        int exitCode = await client.ExecAsync(Target, ["true"], Stream.Null, Stream.Null, new EndlessInput(), Cancel).WaitAsync(Soon, Cancel);

        Assert.Equal(0, exitCode);
    }

    [Fact]
    public async Task Hangs_up_when_cancelled()
    {
        var started = new TaskCompletionSource();
        var gone = new TaskCompletionSource();
        await using FakeApiServer server = await FakePod.StartAsync(async socket =>
        {
            started.SetResult();
            Assert.Null(await socket.ReceiveAsync());
            gone.SetResult();
        });
        using KubeClient client = await FakeClient.OpenAsync(server);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);

        Task running = client.ExecAsync(Target, ["sleep", "1000"], stop.Token);
        await started.Task.WaitAsync(Soon, Cancel);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(Soon, Cancel));
        await gone.Task.WaitAsync(Soon, Cancel);
    }

    [Fact]
    public async Task Passes_on_why_the_server_refused()
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(context => context.JsonAsync(Status(403, "Forbidden", "no"), 403));

        MeshException failure = await Assert.ThrowsAnyAsync<MeshException>(() => RunAsync(server, "true"));

        Assert.Contains("403", failure.Message, StringComparison.Ordinal);
        Assert.Contains("pods/exec ns/web-0", failure.Message, StringComparison.Ordinal);
    }

    private static async Task<ExecResult> RunAsync(FakeApiServer server, params string[] command)
    {
        using KubeClient client = await FakeClient.OpenAsync(server);
        return await client.ExecAsync(Target, command, Cancel).WaitAsync(Soon, Cancel);
    }

    private sealed class CountingStream : MemoryStream
    {
        public long Count { get; private set; }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Count += buffer.Length;
            return ValueTask.CompletedTask;
        }
    }

    private sealed class EndlessInput : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            return buffer.Length;
        }
    }
}
