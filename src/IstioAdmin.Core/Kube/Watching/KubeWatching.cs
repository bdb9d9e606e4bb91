using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Listing;

namespace IstioAdmin.Core.Kube.Watching;

/// <summary>Watches objects.</summary>
public static class KubeWatching
{
    /// <summary>
    /// Tells every object that exists, then every change, for as long as it is enumerated. Interruptions, restarts of the server and
    /// versions that it has forgotten are bridged: each object's story stays without gaps in its outcome and without repetitions, though
    /// versions in between may be left out.
    /// </summary>
    /// <typeparam name="T">What to keep of each object; the watch holds one for each that exists, for the day it is gone.</typeparam>
    /// <param name="client">The client.</param>
    /// <param name="resource">What kind of object.</param>
    /// <param name="query">Which of them; a single one with field selector <c>metadata.name=…</c>.</param>
    /// <param name="select">Takes from an object what is to be kept.</param>
    /// <param name="cancel">Ends the watch, within a second. To stop enumerating has the same effect.</param>
    /// <exception cref="MeshException">
    /// The first list failed, the server refused (401, 403, 404), or it stayed away for more than five minutes.
    /// </exception>
    public static IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(
        this KubeClient client, KubeResource resource, ListQuery query, Func<JsonObject, T> select, CancellationToken cancel) =>
        WatchAsync(client, resource, query, select, new WatchSettings(), cancel);

    /// <inheritdoc cref="WatchAsync{T}(KubeClient, KubeResource, ListQuery, Func{JsonObject, T}, CancellationToken)"/>
    public static IAsyncEnumerable<WatchEvent<JsonObject>> WatchAsync(
        this KubeClient client, KubeResource resource, ListQuery query, CancellationToken cancel) =>
        WatchAsync(client, resource, query, static item => item, new WatchSettings(), cancel);

    /// <summary>Waits until an object is as it should be.</summary>
    /// <param name="client">The client.</param>
    /// <param name="resource">What kind of object.</param>
    /// <param name="ns">Its namespace; null for cluster-scoped kinds.</param>
    /// <param name="name">Its name.</param>
    /// <param name="condition">Looks at the object; at null when it does not exist.</param>
    /// <param name="cancel">Ends the wait; there is no other limit to it.</param>
    /// <returns>The object that met the condition; null if its absence did.</returns>
    /// <exception cref="MeshException">As <see cref="WatchAsync{T}(KubeClient, KubeResource, ListQuery, Func{JsonObject, T}, CancellationToken)"/>.</exception>
    public static async Task<JsonObject?> WaitForAsync(
        this KubeClient client, KubeResource resource, string? ns, string name, Func<JsonObject?, bool> condition, CancellationToken cancel)
    {
        var query = new ListQuery(ns, FieldSelector: $"metadata.name={name}");
        JsonObject? latest = null;
        bool complete = false;
        await foreach (WatchEvent<JsonObject> news in client.WatchAsync(resource, query, cancel).ConfigureAwait(false))
        {
            switch (news)
            {
                case ObjectChanged<JsonObject> { Change: ObjectChange.Deleted }:
                    latest = null;
                    break;
                case ObjectChanged<JsonObject> change:
                    latest = change.Object;
                    break;
                case Synchronized<JsonObject>:
                    complete = true;
                    break;
            }
            // Absence is known only once everything that exists has been told.
            if ((latest is not null || complete) && condition(latest))
                return latest;
        }
        throw new OperationCanceledException(cancel);
    }

    /// <summary>Waits until an object is gone, finalizers and all.</summary>
    /// <param name="client">The client.</param>
    /// <param name="resource">What kind of object.</param>
    /// <param name="ns">Its namespace; null for cluster-scoped kinds.</param>
    /// <param name="name">Its name.</param>
    /// <param name="uid">The object meant; one of the same name that took its place does not count. Null for any of that name.</param>
    /// <param name="cancel">Ends the wait; there is no other limit to it.</param>
    /// <exception cref="MeshException">As <see cref="WaitForAsync"/>.</exception>
    public static Task WaitGoneAsync(this KubeClient client, KubeResource resource, string? ns, string name, string? uid, CancellationToken cancel) =>
        client.WaitForAsync(resource, ns, name, found => found is null || (uid is not null && found.Metadata("uid") != uid), cancel);

    internal static async IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(
        this KubeClient client,
        KubeResource resource,
        ListQuery query,
        Func<JsonObject, T> select,
        WatchSettings settings,
        [EnumeratorCancellation] CancellationToken cancel)
    {
        var watcher = new Watcher<T>(client, resource, query, select, settings);
        await using (watcher.ConfigureAwait(false))
        {
            await foreach (WatchEvent<T> news in watcher.RunAsync(cancel).ConfigureAwait(false))
                yield return news;
        }
    }
}
