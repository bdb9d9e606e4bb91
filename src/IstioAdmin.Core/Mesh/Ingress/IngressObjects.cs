using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Listing;

namespace IstioAdmin.Core.Mesh.Ingress;

/// <summary>Reads what ingress gateways consist of. What may not be read is told once, and left out.</summary>
internal sealed class IngressObjects(KubeClient client, IReporter reporter)
{
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<string>> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<JsonObject>> _workloads = new(StringComparer.Ordinal);

    /// <summary>The Services of a namespace, or of all.</summary>
    /// <exception cref="MeshException">The server could not be asked, or refused.</exception>
    public Task<IReadOnlyList<JsonObject>> ServicesAsync(string? ns, CancellationToken cancel) =>
        ListAsync(KubeResource.Services, new ListQuery(ns), service => service.At("spec.selector") is JsonObject { Count: > 0 }, cancel);

    /// <summary>The pods with some labels.</summary>
    /// <exception cref="MeshException">The server could not be asked, or refused.</exception>
    public async Task<IReadOnlyList<IngressPod>> PodsAsync(string? ns, IReadOnlyDictionary<string, string> selector, CancellationToken cancel) =>
        [.. (await ListAsync(KubeResource.Pods, new ListQuery(ns, LabelSelector.Text(selector)), _ => true, cancel).ConfigureAwait(false)).Select(pod => new IngressPod(pod))];

    /// <summary>All objects of a kind of a group, in the newest version that is served; none where it is not served; null where they may not be read.</summary>
    public async Task<IReadOnlyList<JsonObject>?> ConfigAsync(string group, IEnumerable<string> newestFirst, string kind, CancellationToken cancel)
    {
        foreach (string version in newestFirst)
        {
            if (await client.FindResourceAsync($"{group}/{version}", kind, cancel).ConfigureAwait(false) is not { } resource)
                continue;
            try
            {
                return await ListAsync(resource, new ListQuery(), _ => true, cancel).ConfigureAwait(false);
            }
            catch (MeshException e) when (e.Kind == FailureKind.Forbidden)
            {
                Tell(resource.FullName, $"Hosts and routes are not complete: {e.Advice}");
                return null;
            }
            catch (MeshException e) when (e.ErrorId == "ResourceNotServed")
            {
                // Its definition has just gone.
            }
        }
        return [];
    }

    /// <summary>The addresses of a node, best first; what the pod knows where nodes may not be read.</summary>
    public async Task<IReadOnlyList<string>> NodeAddressesAsync(IngressPod pod, CancellationToken cancel)
    {
        if (pod.Node is not { } name)
            return [];
        if (_nodes.TryGetValue(name, out IReadOnlyList<string>? known))
            return known;
        JsonObject? node = null;
        try
        {
            node = await client.GetAsync(KubeResource.Nodes, null, name, cancel).ConfigureAwait(false);
        }
        catch (MeshException e) when (e.Kind == FailureKind.Forbidden)
        {
            Tell("nodes", $"External addresses of nodes are unknown: {e.Advice}");
        }
        string[] order = ["ExternalIP", "InternalIP"];
        string[] addresses = [.. node.At("status.addresses").Objects()
            .Where(address => order.Contains(address.TextAt("type"))).OrderBy(address => Array.IndexOf(order, address.TextAt("type")))
            .Select(address => address.TextAt("address")).OfType<string>()];
        return _nodes[name] = addresses is [] && pod.NodeAddress is { } host ? [host] : addresses;
    }

    /// <summary>How many pods the workloads behind a selector want; null where that cannot be read.</summary>
    public async Task<int?> DesiredPodsAsync(string ns, IReadOnlyDictionary<string, string> selector, CancellationToken cancel)
    {
        if (!_workloads.TryGetValue(ns, out IReadOnlyList<JsonObject>? workloads))
        {
            try
            {
                workloads = [
                    .. await ListAsync(MeshResources.Deployments, new ListQuery(ns), _ => true, cancel).ConfigureAwait(false),
                    .. await ListAsync(MeshResources.DaemonSets, new ListQuery(ns), _ => true, cancel).ConfigureAwait(false)];
            }
            catch (MeshException e) when (e.Kind == FailureKind.Forbidden)
            {
                Tell("workloads", $"How many pods there should be is unknown: {e.Advice}");
                workloads = [];
            }
            _workloads[ns] = workloads;
        }
        JsonObject[] behind = [.. workloads.Where(workload => LabelSelector.Matches(selector, workload.At("spec.template.metadata.labels")))];
        return behind.Length == 0 ? null : behind.Sum(workload =>
            workload.TextAt("kind") == "DaemonSet" ? workload.NumberAt("status.desiredNumberScheduled") ?? 0 : workload.NumberAt("spec.replicas") ?? 1);
    }

    private async Task<IReadOnlyList<JsonObject>> ListAsync(KubeResource resource, ListQuery query, Func<JsonObject, bool> wanted, CancellationToken cancel)
    {
        List<JsonObject> found = [];
        await foreach (JsonObject item in client.ListObjectsAsync(resource, query, cancel).ConfigureAwait(false))
        {
            if (wanted(item))
                found.Add(item);
        }
        return found;
    }

    private void Tell(string what, string message)
    {
        if (_told.Add(what))
            reporter.Warn(message);
    }
}
