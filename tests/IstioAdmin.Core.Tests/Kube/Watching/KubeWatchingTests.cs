using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Watching;
using Microsoft.AspNetCore.Http;
using static IstioAdmin.Core.Tests.Kube.Objects;

namespace IstioAdmin.Core.Tests.Kube.Watching;

public class KubeWatchingTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(90);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tells_what_exists_and_then_what_changes()
    {
        await using WatchServer server = await WatchServer.StartAsync(
            [ConfigMapList([ConfigMap("ns", "a", 10), ConfigMap("ns", "b", 11)], version: 20)],
            Lines(Line("ADDED", ConfigMap("ns", "c", 21)), Line("MODIFIED", ConfigMap("ns", "a", 22)), Line("DELETED", ConfigMap("ns", "b", 23))));

        Assert.Equal(["Added a@10", "Added b@11", "Synchronized@20", "Added c@21", "Modified a@22", "Deleted b@23"], await server.WatchAsync(6));
        Assert.Equal(["20"], server.Versions);
    }

    [Fact]
    public async Task Lists_page_by_page()
    {
        await using WatchServer server = await WatchServer.StartAsync(
            [ConfigMapList([ConfigMap("ns", "a", 10)], "p2", version: 20), ConfigMapList([ConfigMap("ns", "b", 11)], version: 20)]);

        Assert.Equal(["Added a@10", "Added b@11", "Synchronized@20"], await server.WatchAsync(3));
    }

    [Fact]
    public async Task Goes_on_from_the_last_bookmark_after_the_server_ended_the_watch()
    {
        await using WatchServer server = await WatchServer.StartAsync(
            [ConfigMapList([], version: 20)],
            Lines(Line("ADDED", ConfigMap("ns", "a", 21)), Bookmark(400)),
            Lines(Line("MODIFIED", ConfigMap("ns", "a", 401))));

        Assert.Equal(["Synchronized@20", "Added a@21", "Modified a@401"], await server.WatchAsync(3));
        Assert.Equal(["20", "400"], server.Versions);
    }

    [Fact]
    public async Task Tells_the_difference_when_the_version_expired_in_the_middle()
    {
        await using WatchServer server = await WatchServer.StartAsync(
            [
                ConfigMapList([ConfigMap("ns", "kept", 10), ConfigMap("ns", "changed", 11), ConfigMap("ns", "gone", 12), ConfigMap("ns", "reborn", 13)], version: 20),
                ConfigMapList([ConfigMap("ns", "changed", 31), ConfigMap("ns", "kept", 10), ConfigMap("ns", "new", 32), ConfigMap("ns", "reborn", 33, "another")], version: 40),
            ],
            Lines(Line("ERROR", Status(410, "Expired", "too old resource version: 20 (39)"))),
            Lines(Line("DELETED", ConfigMap("ns", "kept", 41))));

        Assert.Equal(
            [
                "Added kept@10", "Added changed@11", "Added gone@12", "Added reborn@13", "Synchronized@20",
                "Modified changed@31", "Added new@32", "Deleted reborn@13", "Added reborn@33", "Deleted gone@12", "Synchronized@40",
                "Deleted kept@41",
            ],
            await server.WatchAsync(12));
        Assert.Equal(["20", "40"], server.Versions);
    }

    [Fact]
    public async Task Lists_anew_when_the_watch_is_refused_with_410()
    {
        await using WatchServer server = await WatchServer.StartAsync(
            [ConfigMapList([ConfigMap("ns", "a", 10)], version: 20), ConfigMapList([ConfigMap("ns", "a", 30)], version: 40)],
            context => context.JsonAsync(Status(410, "Gone", "too old"), 410));

        Assert.Equal(["Added a@10", "Synchronized@20", "Modified a@30", "Synchronized@40"], await server.WatchAsync(4));
    }

    [Fact]
    public async Task Starts_the_list_anew_when_it_grows_too_old_and_tells_nothing_twice()
    {
        await using WatchServer server = await WatchServer.StartAsync(
            [
                ConfigMapList([ConfigMap("ns", "a", 10), ConfigMap("ns", "b", 11)], "p2", version: 20),
                // On at the newest version would leave a and b as they were at 20.
                Expired("newer"),
                ConfigMapList([ConfigMap("ns", "a", 10), ConfigMap("ns", "b", 31), ConfigMap("ns", "c", 32)], version: 40),
            ]);

        Assert.Equal(["Added a@10", "Added b@11", "Modified b@31", "Added c@32", "Synchronized@40"], await server.WatchAsync(5));
    }

    [Fact]
    public async Task Goes_on_where_it_was_when_the_connection_breaks_within_a_line()
    {
        string cut = Line("MODIFIED", ConfigMap("ns", "a", 22));
        await using WatchServer server = await WatchServer.StartAsync(
            [ConfigMapList([], version: 20)],
            async context =>
            {
                // More is announced than comes. A reset would overtake the first line.
                context.Response.ContentLength = 100_000;
                await context.SendAsync(Line("ADDED", ConfigMap("ns", "a", 21)));
                await context.SendAsync(cut[..(cut.Length / 2)]);
            },
            Lines(cut, Line("ADDED", ConfigMap("ns", "b", 23))));

        Assert.Equal(["Synchronized@20", "Added a@21", "Modified a@22", "Added b@23"], await server.WatchAsync(4));
        Assert.Equal(["20", "21"], server.Versions);
    }

    [Fact]
    public async Task A_line_that_breaks_off_where_the_answer_ends_is_asked_for_again()
    {
        string whole = Line("ADDED", ConfigMap("ns", "a", 21));
        await using WatchServer server = await WatchServer.StartAsync(
            [ConfigMapList([], version: 20)], Lines(Bookmark(20), whole[..^10]), Lines(whole));

        Assert.Equal(["Synchronized@20", "Added a@21"], await server.WatchAsync(2));
    }

    [Fact]
    public async Task Tells_an_event_that_is_sent_again_only_once()
    {
        await using WatchServer server = await WatchServer.StartAsync(
            [ConfigMapList([ConfigMap("ns", "a", 10)], version: 20)],
            Lines(Line("ADDED", ConfigMap("ns", "a", 10)), Line("DELETED", ConfigMap("ns", "unknown", 21)), Line("ADDED", ConfigMap("ns", "b", 22))));

        Assert.Equal(["Added a@10", "Synchronized@20", "Added b@22"], await server.WatchAsync(3));
    }

    [Fact]
    public async Task Asks_again_when_what_came_is_no_event_or_another_error()
    {
        await using WatchServer server = await WatchServer.StartAsync(
            [ConfigMapList([], version: 20)],
            Lines("nonsense\n"),
            Lines(Line("ERROR", Status(500, "InternalError", "etcd went away"))),
            context => context.JsonAsync(Status(503, "ServiceUnavailable", "starting"), 503),
            Lines(Line("ADDED", ConfigMap("ns", "a", 21))));

        Assert.Equal(["Synchronized@20", "Added a@21"], await server.WatchAsync(2));
        Assert.Equal(["20", "20", "20", "20"], server.Versions);
    }

    [Fact]
    public async Task Fails_when_the_server_refuses()
    {
        await using WatchServer server = await WatchServer.StartAsync(
            [ConfigMapList([], version: 20)], context => context.JsonAsync(Status(403, "Forbidden", "no"), 403));

        await Assert.ThrowsAnyAsync<MeshException>(() => server.WatchAsync(2).WaitAsync(Soon, Cancel));
        Assert.Single(server.Versions);
    }

    [Fact]
    public async Task Gives_up_on_a_server_that_stays_away()
    {
        Func<HttpContext, Task> endsAtOnce = Lines();
        await using WatchServer server = await WatchServer.StartAsync([ConfigMapList([], version: 20)], [.. Enumerable.Repeat(endsAtOnce, 10_000)]);

        MeshException failure = await Assert.ThrowsAnyAsync<MeshException>(() => server
            .WatchAsync(2, new WatchSettings { GiveUpAfter = TimeSpan.FromSeconds(3), LongestDelay = TimeSpan.FromMilliseconds(20) }).WaitAsync(Soon, Cancel));

        Assert.Contains("ended the watch before it began", failure.Message, StringComparison.Ordinal);
        Assert.InRange(server.Versions.Count, 2, 1000);
    }

    [Fact]
    public async Task Connects_anew_when_the_server_is_silent_beyond_its_own_time()
    {
        await using WatchServer server = await WatchServer.StartAsync(
            [ConfigMapList([], version: 20)],
            async context =>
            {
                await context.SendAsync(Bookmark(21));
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            },
            Lines(Line("ADDED", ConfigMap("ns", "a", 22))));

        Assert.Equal(
            ["Synchronized@20", "Added a@22"],
            await server.WatchAsync(2, new WatchSettings { ServerTimeout = TimeSpan.FromSeconds(3), Grace = TimeSpan.Zero }).WaitAsync(Soon, Cancel));
    }

    [Fact]
    public async Task Connects_anew_when_the_server_does_not_even_begin_to_answer()
    {
        await using WatchServer server = await WatchServer.StartAsync(
            [ConfigMapList([], version: 20)],
            context => Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default),
            Lines(Line("ADDED", ConfigMap("ns", "a", 22))));

        Assert.Equal(
            ["Synchronized@20", "Added a@22"],
            await server.WatchAsync(2, new WatchSettings { ServerTimeout = TimeSpan.FromSeconds(3), Grace = TimeSpan.Zero }).WaitAsync(Soon, Cancel));
        Assert.Equal(["20", "20"], server.Versions);
    }

    [Fact]
    public async Task Ends_when_cancelled_while_nothing_happens()
    {
        await using WatchServer server = await WatchServer.StartAsync([ConfigMapList([], version: 20)]);
        using KubeClient client = await server.OpenAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        await using IAsyncEnumerator<WatchEvent<JsonObject>> events = WatchServer.Watch(client, new WatchSettings(), stop.Token).GetAsyncEnumerator(Cancel);
        Assert.True(await events.MoveNextAsync());

        Task<bool> next = events.MoveNextAsync().AsTask();
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.WaitAsync(Soon, Cancel));
    }

    [Fact]
    public async Task Waits_for_an_object_to_be_as_it_should()
    {
        await using WatchServer server = await WatchServer.StartAsync(
            [ConfigMapList([ConfigMap("ns", "a", 10)], version: 20)],
            Lines(Line("MODIFIED", ConfigMap("ns", "a", 21)), Line("MODIFIED", ConfigMap("ns", "a", 22))));
        using KubeClient client = await server.OpenAsync();

        JsonObject? found = await client.WaitForAsync(KubeResource.ConfigMaps, "ns", "a", item => (string?)item?["data"]?["version"] == "22", Cancel);

        Assert.Equal("22", (string?)found?["metadata"]?["resourceVersion"]);
    }

    [Fact]
    public async Task Waits_until_an_object_is_gone()
    {
        await using WatchServer server = await WatchServer.StartAsync(
            [ConfigMapList([ConfigMap("ns", "a", 10)], version: 20)],
            Lines(Line("MODIFIED", ConfigMap("ns", "a", 21)), Line("DELETED", ConfigMap("ns", "a", 22))));
        using KubeClient client = await server.OpenAsync();

        await client.WaitGoneAsync(KubeResource.ConfigMaps, "ns", "a", uid: null, Cancel).WaitAsync(Soon, Cancel);
    }

    [Fact]
    public async Task An_object_that_another_one_took_the_place_of_is_gone()
    {
        await using WatchServer server = await WatchServer.StartAsync([ConfigMapList([ConfigMap("ns", "a", 10, "another")], version: 20)]);
        using KubeClient client = await server.OpenAsync();

        await client.WaitGoneAsync(KubeResource.ConfigMaps, "ns", "a", "the-old-one", Cancel).WaitAsync(Soon, Cancel);
    }

    private static Func<HttpContext, Task> Lines(params string[] lines) => async context =>
    {
        context.Response.ContentType = "application/json";
        foreach (string line in lines)
            await context.SendAsync(line);
    };
}
