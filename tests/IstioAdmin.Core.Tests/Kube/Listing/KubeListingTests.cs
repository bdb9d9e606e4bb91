using System.Buffers;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Listing;
using IstioAdmin.Testing;
using Microsoft.AspNetCore.Http;
using static IstioAdmin.Core.Tests.Kube.Objects;

namespace IstioAdmin.Core.Tests.Kube.Listing;

public class KubeListingTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Hands_out_the_items_of_all_pages_in_order()
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(context => context.JsonAsync(Token(context) switch
        {
            "" => Page("p2", "a", "b"),
            "p2" => Page("p3", "c"),
            _ => Page(null, "d", "e"),
        }));

        Assert.Equal(["a", "b", "c", "d", "e"], await ListAsync(server));
        Assert.Equal(
            ["GET /api/v1/namespaces/default/configmaps?limit=2", "GET /api/v1/namespaces/default/configmaps?limit=2&continue=p2", "GET /api/v1/namespaces/default/configmaps?limit=2&continue=p3"],
            server.Requests);
    }

    [Fact]
    public async Task Gives_items_the_kind_that_their_list_names()
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(context => context.JsonAsync(Page(null, "a")));
        using KubeClient client = await FakeClient.OpenAsync(server);

        JsonObject item = await client.ListObjectsAsync(KubeResource.ConfigMaps, new ListQuery(), Cancel).FirstAsync(Cancel);

        Assert.Equal(["apiVersion", "kind", "metadata", "data"], item.Select(property => property.Key));
        Assert.Equal("ConfigMap", (string?)item["kind"]);
    }

    [Fact]
    public async Task Asks_for_one_page_ahead_and_not_for_more()
    {
        var second = new TaskCompletionSource();
        await using FakeApiServer server = await FakeApiServer.StartAsync(async context =>
        {
            await context.JsonAsync(Token(context) switch { "" => Page("p2", "a", "b"), "p2" => Page("p3", "c"), _ => Page(null, "d") });
            if (Token(context) == "p2")
                second.TrySetResult();
        });
        using KubeClient client = await FakeClient.OpenAsync(server);
        await using IAsyncEnumerator<JsonObject> items = Enumerate(client);

        Assert.True(await items.MoveNextAsync());
        await second.Task.WaitAsync(Soon, Cancel);
        await Task.Delay(200, Cancel);

        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task Gives_the_page_ahead_up_when_nobody_wants_more()
    {
        var asked = new TaskCompletionSource();
        var givenUp = new TaskCompletionSource();
        await using FakeApiServer server = await FakeApiServer.StartAsync(async context =>
        {
            if (Token(context).Length == 0)
            {
                await context.JsonAsync(Page("p2", "a", "b"));
                return;
            }
            context.RequestAborted.Register(() => givenUp.TrySetResult());
            asked.TrySetResult();
            await givenUp.Task;
        });
        using KubeClient client = await FakeClient.OpenAsync(server);

        await foreach (JsonObject _ in client.ListObjectsAsync(KubeResource.ConfigMaps, new ListQuery(), Cancel))
        {
            await asked.Task.WaitAsync(Soon, Cancel);
            break;
        }

        await givenUp.Task.WaitAsync(Soon, Cancel);
    }

    [Fact]
    public async Task Goes_on_with_the_token_that_an_expired_one_is_answered_with()
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(context => Token(context) switch
        {
            "" => context.JsonAsync(Page("old", "a", "b")),
            "old" => context.JsonAsync(Expired("newer"), 410),
            _ => context.JsonAsync(Page(null, "c")),
        });

        Assert.Equal(["a", "b", "c"], await ListAsync(server));
    }

    [Fact]
    public async Task Goes_on_though_every_token_expires_as_long_as_each_answer_leads_to_a_page()
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(context => Token(context) switch
        {
            "" => context.JsonAsync(Page("old1", "a")),
            "new1" => context.JsonAsync(Page("old2", "b")),
            "new2" => context.JsonAsync(Page(null, "c")),
            { } old => context.JsonAsync(Expired(old.Replace("old", "new", StringComparison.Ordinal)), 410),
        });

        Assert.Equal(["a", "b", "c"], await ListAsync(server));
    }

    [Fact]
    public async Task Starts_anew_without_a_token_and_hands_nothing_out_twice()
    {
        int lists = 0;
        await using FakeApiServer server = await FakeApiServer.StartAsync(context => Token(context) switch
        {
            "" when Interlocked.Increment(ref lists) == 1 => context.JsonAsync(ConfigMapList([ConfigMap("a-b", "x"), ConfigMap("a", "k"), ConfigMap("a", "m")], "old")),
            // Meanwhile a/k went and a/l came. The server's order is that of the joined key: a-b/x is before a/…
            "" => context.JsonAsync(ConfigMapList([ConfigMap("a-b", "x"), ConfigMap("a", "l"), ConfigMap("a", "m")], "p2", 200)),
            "p2" => context.JsonAsync(ConfigMapList([ConfigMap("a", "n"), ConfigMap("b", "a")], null, 200)),
            _ => context.JsonAsync(Expired(), 410),
        });
        using KubeClient client = await FakeClient.OpenAsync(server);

        List<string> keys = await client.ListObjectsAsync(KubeResource.ConfigMaps, new ListQuery(), Cancel).Select(item => JsonObjects.KeyOf(item).ToString()).ToListAsync(Cancel);

        Assert.Equal(["a-b/x", "a/k", "a/m", "a/n", "b/a"], keys);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("older-still")]
    public async Task Fails_when_the_way_on_has_expired_as_well(string? next)
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(context =>
            Token(context).Length == 0 ? context.JsonAsync(Page("old", "a")) : context.JsonAsync(Expired(next), 410));

        await Assert.ThrowsAnyAsync<MeshException>(() => ListAsync(server));
        Assert.InRange(server.Requests.Count, 3, 4);
    }

    [Fact]
    public async Task Fetches_a_page_again_whose_connection_breaks()
    {
        int tries = 0;
        await using FakeApiServer server = await FakeApiServer.StartAsync(async context =>
        {
            if (Token(context).Length == 0)
                await context.JsonAsync(Page("p2", "a", "b"));
            else if (Interlocked.Increment(ref tries) == 1)
                await BreakOffAsync(context, Page(null, "c", "d"));
            else
                await context.JsonAsync(Page(null, "c", "d"));
        });

        Assert.Equal(["a", "b", "c", "d"], await ListAsync(server));
        Assert.Equal(2, tries);
    }

    [Fact]
    public async Task Fails_when_the_connection_breaks_every_time()
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(context => BreakOffAsync(context, Page(null, "a")));

        MeshException failure = await Assert.ThrowsAnyAsync<MeshException>(() => ListAsync(server));

        Assert.Contains(server.Uri.Authority, failure.Message, StringComparison.Ordinal);
        Assert.Equal(4, server.Requests.Count);
    }

    [Fact]
    public async Task Fetches_a_page_again_that_came_in_truncated()
    {
        int tries = 0;
        await using FakeApiServer server = await FakeApiServer.StartAsync(context =>
            context.SendAsync(Page(null, "a", "b").ToJsonString() is var whole && Interlocked.Increment(ref tries) == 1 ? whole[..^20] : whole));

        Assert.Equal(["a", "b"], await ListAsync(server));
    }

    [Fact]
    public async Task Says_that_the_answer_breaks_off_when_it_does_so_every_time()
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(context => context.SendAsync(Page(null, "a", "b").ToJsonString()[..^20]));

        MeshException failure = await Assert.ThrowsAnyAsync<MeshException>(() => ListAsync(server));

        Assert.Equal(FailureKind.InvalidResponse, failure.Kind);
        Assert.Contains(server.Uri.Authority, failure.Message, StringComparison.Ordinal);
        Assert.Contains("breaks off", failure.Message, StringComparison.Ordinal);
        Assert.Equal(4, server.Requests.Count);
    }

    [Fact]
    public async Task Does_not_ask_a_web_page_twice()
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(context =>
        {
            context.Response.ContentType = "text/html; charset=utf-8";
            return context.Response.WriteAsync("<html>Log in</html>");
        });

        MeshException failure = await Assert.ThrowsAnyAsync<MeshException>(() => ListAsync(server));

        Assert.Equal(FailureKind.InvalidResponse, failure.Kind);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Reads_a_page_again_from_the_item_that_could_not_be_read()
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(context => context.JsonAsync(Token(context).Length == 0 ? Page("p2", "a", "b", "c") : Page(null, "d")));
        using KubeClient client = await FakeClient.OpenAsync(server);
        var reader = new StumblingReader(stumbleAt: 2, times: 1);

        List<string> names = await client.ListAsync(KubeResource.ConfigMaps, new ListQuery(), reader, Cancel).Select(Name).ToListAsync(Cancel);

        Assert.Equal(["a", "b", "c", "d"], names);
    }

    [Fact]
    public async Task Fails_when_an_item_cannot_be_read_the_second_time_either()
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(context => context.JsonAsync(Page(null, "a", "b", "c")));
        using KubeClient client = await FakeClient.OpenAsync(server);
        var reader = new StumblingReader(stumbleAt: 2, times: int.MaxValue);
        var names = new List<string>();

        MeshException failure = await Assert.ThrowsAnyAsync<MeshException>(async () =>
        {
            await foreach (JsonObject item in client.ListAsync(KubeResource.ConfigMaps, new ListQuery(), reader, Cancel))
                names.Add(Name(item));
        });

        Assert.Equal(FailureKind.InvalidResponse, failure.Kind);
        Assert.Equal(["a", "b"], names);
    }

    [Fact]
    public async Task Ends_when_cancelled_while_the_server_is_silent()
    {
        var asked = new TaskCompletionSource();
        await using FakeApiServer server = await FakeApiServer.StartAsync(async context =>
        {
            asked.TrySetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        using KubeClient client = await FakeClient.OpenAsync(server);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        Task listing = client.ListObjectsAsync(KubeResource.ConfigMaps, new ListQuery(), stop.Token).ToListAsync(CancellationToken.None).AsTask();

        await asked.Task.WaitAsync(Soon, Cancel);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => listing.WaitAsync(Soon, Cancel));
    }

    private static string Token(HttpContext context) => context.Request.Query["continue"].ToString();

    private static JsonObject Page(string? next, params string[] names) => ConfigMapList(names.Select(name => ConfigMap("default", name)), next);

    private static string Name(JsonObject item) => JsonObjects.KeyOf(item).Name;

    private static async Task<List<string>> ListAsync(FakeApiServer server)
    {
        using KubeClient client = await FakeClient.OpenAsync(server);
        return await client.ListObjectsAsync(KubeResource.ConfigMaps, new ListQuery("default", PageSize: 2), Cancel).Select(Name).ToListAsync(Cancel);
    }

    private static IAsyncEnumerator<JsonObject> Enumerate(KubeClient client) =>
        client.ListObjectsAsync(KubeResource.ConfigMaps, new ListQuery(), Cancel).GetAsyncEnumerator(Cancel);

    private static async Task BreakOffAsync(HttpContext context, JsonObject page)
    {
        // More is announced than comes. A reset would overtake the beginning of the answer.
        context.Response.ContentLength = 1000;
        await context.SendAsync(page.ToJsonString()[..40]);
    }

    /// <summary>Reads a page's items late, and finds one of them broken some times.</summary>
    private sealed class StumblingReader(int stumbleAt, int times) : IPageReader<JsonObject>
    {
        private int _left = times;

        public string Accept => JsonObjects.Reader.Accept;

        public ListPage<JsonObject> Read(ReadOnlySequence<byte> body, string mediaType)
        {
            ListPage<JsonObject> page = JsonObjects.Reader.Read(body, mediaType);
            return page with
            {
                Items = page.Items.Select((item, index) => index == stumbleAt && _left-- > 0
                    ? throw new MeshException("ResponseInvalid", FailureKind.InvalidResponse, "an item breaks off")
                    : item),
            };
        }

        public ObjectKey Key(JsonObject item) => JsonObjects.KeyOf(item);
    }
}
