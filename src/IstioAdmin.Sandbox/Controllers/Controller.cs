using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Controllers;

/// <summary>What controllers share: the API server, what is known of its objects, and where Events go.</summary>
/// <param name="Api">The API server, with all rights.</param>
/// <param name="Informers">What is known of its objects.</param>
/// <param name="Events">Where Events go.</param>
internal sealed record ControllerContext(ClusterApi Api, Informers Informers, EventRecorder Events);

/// <summary>Brings objects, one after the other, to what they should be; one that fails is tried again later.</summary>
internal abstract class Controller(ControllerContext context, string name, int workers = 2)
{
    private const int MostTroubles = 100;
    private readonly ConcurrentQueue<string> _troubles = new();

    /// <summary>Its name, which is the component of its Events.</summary>
    public string Name => name;

    /// <summary>What it failed at, last, in words: for whoever looks why something does not come about.</summary>
    public IReadOnlyCollection<string> Troubles => _troubles;

    /// <summary>Whether it has nothing to do at the moment.</summary>
    public bool IsIdle => Queue.IsIdle;

    protected ClusterApi Api => context.Api;

    protected Informers Informers => context.Informers;

    protected EventRecorder Events => context.Events;

    protected WorkQueue Queue { get; } = new();

    protected CancellationToken End { get; private set; }

    /// <summary>Works until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        End = cancel;
        await Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Run(WorkAsync, CancellationToken.None))).ConfigureAwait(false);
    }

    /// <summary>Brings one object to what it should be.</summary>
    /// <param name="key">Its key, as <see cref="Informer.KeyOf"/>.</param>
    protected abstract Task SyncAsync(string key);

    /// <summary>Writes the status of an object when it differs from what is there; fields that are null are taken away.</summary>
    /// <returns>The object as it is now.</returns>
    protected async Task<JsonObject> SetStatusAsync(Informer informer, JsonObject item, JsonObject status)
    {
        bool same = status.All(field => field.Value is null
            ? Json.At(item, "status", field.Key) is null
            : JsonNode.DeepEquals(Json.At(item, "status", field.Key), field.Value));
        if (same)
            return item;
        return informer.Observe(await Api.PatchAsync(
            $"{Meta.PathOf(informer.Path, item)}/status", new JsonObject { ["status"] = status }, name, End).ConfigureAwait(false));
    }

    /// <summary>
    /// Adds a key after a moment that grows with how much there is to look at, so that what has many pods is not counted anew for each of them.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="size">How many objects are looked at for it.</param>
    protected void AddSoon(string key, int size) => Queue.AddSoon(key, TimeSpan.FromMilliseconds(Math.Min(5 + (size / 4), 1000)), End);

    /// <summary>A number for a status field that is left out when it is zero.</summary>
    protected static JsonNode? NotZero(int number) => number == 0 ? null : number;

    private async Task WorkAsync()
    {
        while (!End.IsCancellationRequested)
        {
            string key;
            try
            {
                key = await Queue.TakeAsync(End).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            try
            {
                await SyncAsync(key).ConfigureAwait(false);
                Queue.Forget(key);
            }
            catch (OperationCanceledException) when (End.IsCancellationRequested)
            {
                return;
            }
            catch (ClusterApiException e) when (e.Status == HttpStatusCode.NotFound)
            {
                // It went away meanwhile; if it matters, a change says so.
                Queue.Forget(key);
            }
            catch (Exception e)
            {
                // One object that it cannot deal with must not keep it from the others, whatever the reason.
                Note($"{key}: {e.Message}");
                Queue.AddFailed(key, End);
            }
            finally
            {
                Queue.Done(key);
            }
        }
    }

    private void Note(string trouble)
    {
        _troubles.Enqueue(trouble);
        while (_troubles.Count > MostTroubles)
            _troubles.TryDequeue(out _);
    }
}
