using System.Net;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Controllers;

/// <summary>
/// Deletes what nobody owns any more, in the background, before its owner, or not at all, as the deletion of the owner asked
/// (<c>pkg/controller/garbagecollector</c> of Kubernetes 1.20). An object of the cluster that names an owner in a namespace is left alone, with an Event.
/// </summary>
internal sealed class GarbageCollector : Controller
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly OwnerGraph _graph = new();
    private readonly Dictionary<string, (ServedResource Type, CancellationTokenSource End, Task Synced)> _watched = new(StringComparer.Ordinal);
    private IReadOnlyList<ServedResource> _types = [];

    public GarbageCollector(ControllerContext context)
        : base(context, "garbage-collector-controller", 4)
    {
        context.Informers.Of("apis/apiextensions.k8s.io/v1/customresourcedefinitions").OnChange((before, now) =>
        {
            // The real one asks twice a minute.
            if (now is null || before is null || Json.Text(Meta.Condition(before, "Established"), "status") != Json.Text(Meta.Condition(now, "Established"), "status"))
                Queue.AddSoon("discover", Moment, End);
        });
    }

    /// <summary>Looks once at everything that there is; before <see cref="Controller.RunAsync"/>.</summary>
    public async Task StartAsync(CancellationToken cancel)
    {
        await DiscoverAsync(cancel).ConfigureAwait(false);
        Task[] synced;
        lock (_watched)
            synced = [.. _watched.Values.Select(watch => watch.Synced)];
        await Task.WhenAll(synced).WaitAsync(cancel).ConfigureAwait(false);
    }

    protected override Task SyncAsync(string key)
    {
        if (key == "discover")
            return DiscoverAsync(End);
        (string what, string uid) = (key[..key.IndexOf(':', StringComparison.Ordinal)], key[(key.IndexOf(':', StringComparison.Ordinal) + 1)..]);
        return _graph.Find(uid) is not { } node ? Task.CompletedTask : what switch
        {
            "orphan" => OrphanAsync(node),
            "wait" => WaitAsync(node),
            _ => CollectAsync(node),
        };
    }

    private async Task DiscoverAsync(CancellationToken cancel)
    {
        (_types, IReadOnlyList<string> failed) = await ServedResource.DiscoverAsync(Api, cancel).ConfigureAwait(false);
        Dictionary<string, ServedResource> wanted = ServedResource.Preferred(_types)
            .Where(type => type.Kind != "Event" && !(type.Plural == "ingresses" && type.ApiVersion.StartsWith("extensions/", StringComparison.Ordinal)))
            .ToDictionary(type => type.Path, StringComparer.Ordinal);
        lock (_watched)
        {
            foreach (string gone in _watched.Keys.Where(path => !wanted.ContainsKey(path) && !failed.Contains(_watched[path].Type.ApiVersion)).ToArray())
            {
                _watched[gone].End.Cancel();
                foreach (OwnedNode node in _graph.Of(_watched[gone].Type))
                    Forget(node.Uid);
                _watched.Remove(gone);
            }
            foreach ((string path, ServedResource type) in wanted)
            {
                if (_watched.ContainsKey(path))
                    continue;
                var end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
                var synced = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _watched.Add(path, (type, end, synced.Task));
                _ = Task.Run(() => WatchAsync(type, synced, end.Token), CancellationToken.None);
            }
        }
    }

    private async Task WatchAsync(ServedResource type, TaskCompletionSource synced, CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                if (await Api.ListVersionedAsync(type.Path, cancel).ConfigureAwait(false) is var (items, version))
                {
                    HashSet<string> listed = new(items.Select(Meta.Uid), StringComparer.Ordinal);
                    foreach (OwnedNode gone in _graph.Of(type).Where(node => !listed.Contains(node.Uid)))
                        Forget(gone.Uid);
                    foreach (JsonObject item in items)
                        Take(type, item);
                    synced.TrySetResult();
                    // No more of an object matters than its metadata.
                    await foreach (WatchEvent change in Api.FollowEventsAsync(type.Path, version, cancel).ConfigureAwait(false))
                    {
                        if (change.Type == "DELETED")
                            Forget(change.Uid);
                        else if (change.Type != "BOOKMARK")
                            Take(type, change.Metadata());
                    }
                    continue;
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException or ClusterApiException or System.Text.Json.JsonException)
            {
                // Tried again below.
            }
            catch (OperationCanceledException)
            {
                break;
            }
            synced.TrySetResult();
            await Task.Delay(Pause, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        synced.TrySetResult();
    }

    private void Take(ServedResource type, JsonObject item)
    {
        (OwnedNode? before, OwnedNode now) = _graph.Put(type, item);
        if (now.Deleting && now.Orphan)
            Queue.Add($"orphan:{now.Uid}");
        if (now.Waits)
            Queue.Add($"wait:{now.Uid}");
        if (now.Owners.Count == 0)
            return;
        bool changed = before is null || !before.Owners.SequenceEqual(now.Owners);
        if (changed && now.Owners.Any(owner => _graph.Find(owner.Uid) is not { Waits: false } known || !IsIn(known, now)))
            Queue.Add($"collect:{now.Uid}");
        // An owner that waits for this one may go on when this one no longer needs it.
        if (changed && before is not null)
        {
            foreach (OwnerRef owner in before.Owners.Where(owner => _graph.Find(owner.Uid) is { Waits: true }))
                Queue.Add($"wait:{owner.Uid}");
        }
    }

    private void Forget(string uid)
    {
        OwnedNode? gone = _graph.Remove(uid);
        foreach (OwnedNode dependent in _graph.DependentsOf(uid))
            Queue.Add($"collect:{dependent.Uid}");
        foreach (OwnerRef owner in gone?.Owners ?? [])
        {
            if (_graph.Find(owner.Uid) is { Waits: true })
                Queue.Add($"wait:{owner.Uid}");
        }
    }

    /// <summary>Deletes an object when all of its owners are gone, or wait for it (attemptToDeleteItem).</summary>
    private async Task CollectAsync(OwnedNode node)
    {
        if (await Api.FindAsync(node.Path, End).ConfigureAwait(false) is not { } live || Meta.Uid(live) != node.Uid)
        {
            // The news that it is gone is on its way.
            return;
        }
        (_, node) = _graph.Put(node.Type, live);
        if (node.Deleting)
        {
            if (node.Waits)
                Queue.Add($"wait:{node.Uid}");
            return;
        }
        var dangling = new List<OwnerRef>();
        var waiting = new List<OwnerRef>();
        foreach (OwnerRef owner in node.Owners)
        {
            switch (await StateAsync(owner, node).ConfigureAwait(false))
            {
                case OwnerState.Solid:
                    break;
                case OwnerState.Waiting:
                    waiting.Add(owner);
                    break;
                case OwnerState.Gone:
                    dangling.Add(owner);
                    break;
                case OwnerState.Misplaced:
                    Events.Warning(live, Name, "OwnerRefInvalidNamespace",
                        $"ownerRef [{owner.ApiVersion}/{owner.Kind}, namespace: {node.Namespace}, name: {owner.Name}, uid: {owner.Uid}] does not exist in namespace \"{node.Namespace}\"");
                    return;
            }
        }
        if (node.Owners.Count == 0)
            return;
        if (dangling.Count + waiting.Count < node.Owners.Count)
        {
            if (dangling.Count + waiting.Count > 0)
                await KeepOwnersAsync(live, node, owner => !dangling.Contains(owner) && !waiting.Contains(owner)).ConfigureAwait(false);
            return;
        }
        bool foreground = node.Foreground || (waiting.Count > 0 && _graph.DependentsOf(node.Uid).Count > 0);
        await Api.DeleteAsync(node.Path, null, node.Uid, node.Orphan ? "Orphan" : foreground ? "Foreground" : "Background", End).ConfigureAwait(false);
    }

    /// <summary>Lets an object go that waits for its dependents, once there are none that it must wait for (processDeletingDependentsItem).</summary>
    private async Task WaitAsync(OwnedNode node)
    {
        if (!node.Waits)
            return;
        OwnedNode[] dependents = [.. _graph.DependentsOf(node.Uid)];
        if (!Array.Exists(dependents, dependent => dependent.Owners.Any(owner => owner.Uid == node.Uid && owner.Blocks)))
        {
            await ReleaseAsync(node, "foregroundDeletion").ConfigureAwait(false);
            return;
        }
        foreach (OwnedNode dependent in dependents.Where(dependent => !dependent.Deleting))
            Queue.Add($"collect:{dependent.Uid}");
    }

    /// <summary>Takes an object out of its dependents' owners, and then lets it go (attemptToOrphan).</summary>
    private async Task OrphanAsync(OwnedNode node)
    {
        foreach (OwnedNode dependent in _graph.DependentsOf(node.Uid))
        {
            if (await Api.FindAsync(dependent.Path, End).ConfigureAwait(false) is { } live && Meta.Uid(live) == dependent.Uid)
                await KeepOwnersAsync(live, dependent, owner => owner.Uid != node.Uid).ConfigureAwait(false);
        }
        await ReleaseAsync(node, "orphan").ConfigureAwait(false);
    }

    private async Task ReleaseAsync(OwnedNode node, string finalizer)
    {
        if (await Api.FindAsync(node.Path, End).ConfigureAwait(false) is not { } live || Meta.Uid(live) != node.Uid || !Meta.Finalizers(live).Contains(finalizer))
            return;
        await Api.PatchAsync(node.Path, new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["resourceVersion"] = Json.Text(live, "metadata", "resourceVersion"),
                ["finalizers"] = new JsonArray([.. Meta.Finalizers(live).Where(name => name != finalizer).Select(name => (JsonNode)name)]),
            },
        }, Name, End).ConfigureAwait(false);
    }

    private async Task KeepOwnersAsync(JsonObject live, OwnedNode node, Func<OwnerRef, bool> keeps)
    {
        HashSet<string> kept = [.. node.Owners.Where(keeps).Select(owner => owner.Uid)];
        var owners = new JsonArray([.. Meta.Owners(live).Where(owner => kept.Contains(Json.Text(owner, "uid") ?? "")).Select(owner => owner.DeepClone())]);
        await Api.PatchAsync(node.Path, new JsonObject
        {
            ["metadata"] = new JsonObject { ["resourceVersion"] = Json.Text(live, "metadata", "resourceVersion"), ["ownerReferences"] = owners.Count == 0 ? null : owners },
        }, Name, End).ConfigureAwait(false);
    }

    private async Task<OwnerState> StateAsync(OwnerRef owner, OwnedNode of)
    {
        if (_graph.Find(owner.Uid) is { } known && IsIn(known, of))
            return known.Waits ? OwnerState.Waiting : OwnerState.Solid;
        ServedResource type = _types.FirstOrDefault(type => type.ApiVersion == owner.ApiVersion && type.Kind == owner.Kind)
            // Not known yet, or no more; until that is sure nothing is deleted.
            ?? throw new InvalidOperationException($"no matches for kind \"{owner.Kind}\" in version \"{owner.ApiVersion}\"");
        if (type.Namespaced && of.Namespace is null)
            return OwnerState.Misplaced;
        try
        {
            JsonObject? live = await Api.FindAsync(Meta.PathOf(type.Path, type.Namespaced ? of.Namespace : null, owner.Name), End).ConfigureAwait(false);
            return live is null || Meta.Uid(live) != owner.Uid ? OwnerState.Gone
                : Meta.IsDeleting(live) && Meta.Finalizers(live).Contains("foregroundDeletion") ? OwnerState.Waiting : OwnerState.Solid;
        }
        catch (ClusterApiException e) when (e.Status == HttpStatusCode.NotFound)
        {
            return OwnerState.Gone;
        }
    }

    // An owner is in the same namespace, or of the cluster.
    private static bool IsIn(OwnedNode owner, OwnedNode dependent) => owner.Namespace is null || owner.Namespace == dependent.Namespace;

    private enum OwnerState
    {
        Solid,
        Waiting,
        Gone,
        Misplaced,
    }
}
