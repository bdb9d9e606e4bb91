using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Workloads;

/// <summary>Finds the controller at the top of a pod: ReplicaSets are asked for the Deployment above them, Jobs for their CronJob. Each is asked once.</summary>
public sealed class WorkloadOwners
{
    private readonly KubeClient _client;
    private readonly Dictionary<WorkloadReference, WorkloadReference> _tops = [];

    /// <summary>Finds owners in one cluster.</summary>
    public WorkloadOwners(MeshCluster cluster) => _client = cluster.Client;

    /// <summary>The controller at the top of a pod.</summary>
    /// <returns>Null for a pod that no controller made.</returns>
    /// <exception cref="MeshException">An owner could not be read.</exception>
    public async Task<WorkloadReference?> FindAsync(MeshPod pod, CancellationToken cancel) =>
        pod.Owner is { } owner ? await TopAsync(new WorkloadReference(pod.Namespace, owner.Kind, owner.Name), cancel).ConfigureAwait(false) : null;

    private async Task<WorkloadReference> TopAsync(WorkloadReference below, CancellationToken cancel)
    {
        if (_tops.TryGetValue(below, out WorkloadReference? known))
            return known;
        WorkloadReference top = below;
        // Only these two have, as a rule, somebody above them who makes them; what operators stack on a StatefulSet is theirs to restart.
        if (below.Kind is "ReplicaSet" or "Job" && WorkloadKind.Find(below.Kind) is { } kind)
        {
            JsonObject? found = await _client.GetAsync(kind.Resource, below.Namespace, below.Name, cancel).ConfigureAwait(false);
            if (Controller(found) is { } above)
                top = new WorkloadReference(below.Namespace, above.Kind, above.Name);
        }
        return _tops[below] = top;
    }

    private static PodOwner? Controller(JsonObject? found) => (found?["metadata"]?["ownerReferences"] as JsonArray)?.OfType<JsonObject>()
        .Where(owner => owner["controller"] is JsonValue value && value.TryGetValue(out bool controls) && controls)
        .Select(owner => new PodOwner((string?)owner["kind"] ?? "", (string?)owner["name"] ?? ""))
        .FirstOrDefault();
}
