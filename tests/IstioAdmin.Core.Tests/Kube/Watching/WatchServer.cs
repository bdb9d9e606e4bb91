using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Listing;
using IstioAdmin.Core.Kube.Watching;
using IstioAdmin.Testing;
using Microsoft.AspNetCore.Http;

namespace IstioAdmin.Core.Tests.Kube.Watching;

/// <summary>A server that answers lists and watches from a script, one entry after the other; then it hangs.</summary>
internal sealed class WatchServer : IAsyncDisposable
{
    private readonly Queue<JsonObject> _lists;
    private readonly Queue<Func<HttpContext, Task>> _watches;
    private FakeApiServer _server = null!;

    private WatchServer(IEnumerable<JsonObject> lists, IEnumerable<Func<HttpContext, Task>> watches)
    {
        _lists = new Queue<JsonObject>(lists);
        _watches = new Queue<Func<HttpContext, Task>>(watches);
    }

    /// <summary>The versions from which watches were asked for.</summary>
    public List<string> Versions { get; } = [];

    public static async Task<WatchServer> StartAsync(IEnumerable<JsonObject> lists, params Func<HttpContext, Task>[] watches)
    {
        var script = new WatchServer(lists, watches);
        script._server = await FakeApiServer.StartAsync(script.AnswerAsync);
        return script;
    }

    /// <summary>Watches until so many events have come, and tells them in a short form.</summary>
    public async Task<List<string>> WatchAsync(int events, WatchSettings? settings = null)
    {
        using KubeClient client = await FakeClient.OpenAsync(_server);
        CancellationToken cancel = TestContext.Current.CancellationToken;
        var told = new List<string>();
        await foreach (WatchEvent<JsonObject> news in Watch(client, settings ?? new WatchSettings(), cancel))
        {
            told.Add(Tell(news));
            if (told.Count == events)
                break;
        }
        return told;
    }

    public static IAsyncEnumerable<WatchEvent<JsonObject>> Watch(KubeClient client, WatchSettings settings, CancellationToken cancel) =>
        client.WatchAsync(
            KubeResource.ConfigMaps, new ListQuery(), static item => item, settings with { FirstDelay = TimeSpan.FromMilliseconds(1) }, cancel);

    public static string Tell(WatchEvent<JsonObject> news) => news switch
    {
        ObjectChanged<JsonObject> change => $"{change.Change} {change.Object.Metadata("name")}@{change.Object.Metadata("resourceVersion")}",
        Synchronized<JsonObject> synchronized => $"Synchronized@{synchronized.ResourceVersion}",
        _ => throw new ArgumentOutOfRangeException(nameof(news)),
    };

    public Task<KubeClient> OpenAsync() => FakeClient.OpenAsync(_server);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Query["watch"] != "true")
        {
            JsonObject list = _lists.Dequeue();
            await context.JsonAsync(list, list["code"] is { } code ? (int)code : 200);
            return;
        }
        Versions.Add(context.Request.Query["resourceVersion"].ToString());
        if (_watches.TryDequeue(out Func<HttpContext, Task>? watch))
            await watch(context);
        else
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
