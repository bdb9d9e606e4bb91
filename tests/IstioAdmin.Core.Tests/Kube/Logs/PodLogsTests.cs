using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Logs;
using IstioAdmin.Testing;
using Microsoft.AspNetCore.Http;

namespace IstioAdmin.Core.Tests.Kube.Logs;

public class PodLogsTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Asks_for_the_part_that_is_wanted()
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(context => TextAsync(context, ""));
        var options = new LogOptions { Follow = true, Tail = 10, Since = TimeSpan.FromMilliseconds(2500), Previous = true, Timestamps = true };

        Assert.Empty(await ReadAsync(server, options));
        Assert.Equal(
            "GET /api/v1/namespaces/ns/pods/web-0/log?container=app&follow=true&tailLines=10&sinceSeconds=3&previous=true&timestamps=true",
            Assert.Single(server.Requests));
    }

    [Fact]
    public async Task Reads_lines_of_both_systems_and_the_last_without_its_end()
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(context => TextAsync(context, "one\ntwo\r\n\nfour ü"));

        Assert.Equal(["one", "two", "", "four ü"], await ReadAsync(server, new LogOptions()));
    }

    [Fact]
    public async Task Hands_a_line_out_as_soon_as_it_is_written()
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(async context =>
        {
            await TextAsync(context, "first\nsec");
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        using KubeClient client = await FakeClient.OpenAsync(server);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        await using IAsyncEnumerator<string> lines = client.ReadLogAsync(new PodContainer("ns", "web-0"), new LogOptions { Follow = true }, stop.Token).GetAsyncEnumerator(Cancel);

        Assert.True(await lines.MoveNextAsync().AsTask().WaitAsync(Soon, Cancel));
        Assert.Equal("first", lines.Current);
        Task<bool> next = lines.MoveNextAsync().AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.WaitAsync(Soon, Cancel));
    }

    private static Task TextAsync(HttpContext context, string text)
    {
        context.Response.ContentType = "text/plain";
        return context.SendAsync(text);
    }

    private static async Task<List<string>> ReadAsync(FakeApiServer server, LogOptions options)
    {
        using KubeClient client = await FakeClient.OpenAsync(server);
        return await client.ReadLogAsync(new PodContainer("ns", "web-0", "app"), options, Cancel).ToListAsync(Cancel);
    }
}
