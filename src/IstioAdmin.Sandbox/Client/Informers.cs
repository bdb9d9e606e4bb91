using System.Collections.Concurrent;

namespace IstioAdmin.Sandbox.Client;

/// <summary>The informers of everybody who works on a cluster: one watch of a collection, however many look at it.</summary>
internal sealed class Informers(ClusterApi api) : IAsyncDisposable
{
    /// <summary>Index of objects by their namespace.</summary>
    public const string ByNamespace = "namespace";

    /// <summary>Index of objects by the uid of their controller.</summary>
    public const string ByController = "controller";

    /// <summary>Index of pods by their node.</summary>
    public const string ByNode = "node";

    private readonly ConcurrentDictionary<string, Lazy<(Informer Informer, Task Running)>> _informers = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _end = new();
    private bool _disposed;

    /// <summary>The informer of a collection, running; with the indexes by namespace and controller.</summary>
    public Informer Of(string collection) => _informers.GetOrAdd(collection, path => new Lazy<(Informer, Task)>(() =>
    {
        var informer = new Informer(api, path);
        informer.IndexBy(ByNamespace, item => Meta.Namespace(item) is { } ns ? [ns] : []);
        informer.IndexBy(ByController, item => Meta.ControllerOf(item) is { } owner ? [Json.Text(owner, "uid") ?? ""] : []);
        return (informer, Task.Run(() => informer.RunAsync(_end.Token)));
    })).Value.Informer;

    /// <summary>Waits until all of them have seen their collection once.</summary>
    public Task SyncedAsync() => Task.WhenAll(_informers.Values.Select(entry => entry.Value.Informer.Synced));

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        await _end.CancelAsync().ConfigureAwait(false);
        foreach (Lazy<(Informer Informer, Task Running)> entry in _informers.Values)
            await entry.Value.Running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }
}
