using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Redirection.Sources.Node;

/// <summary>Finds the processes of a pod, and the one whose network namespace is the pod's.</summary>
internal sealed class ProcessChoice
{
    private readonly ProcessTable _table;
    private readonly ILookup<string, NodeProcess> _byPod;
    private readonly ILookup<string, NodeProcess> _byContainer;

    public ProcessChoice(ProcessTable table)
    {
        _table = table;
        _byPod = Index(table, place => place.PodUid);
        _byContainer = Index(table, place => place.ContainerId);
    }

    /// <summary>The pod's processes, by the uid in their path and by the ids of its containers (a static pod has another uid on its node).</summary>
    public PodProcesses For(MeshPod pod)
    {
        IReadOnlyDictionary<string, string> containers = PodContainerIds.Of(pod);
        NodeProcess[] all = [.. (pod.Uid is null ? [] : _byPod[pod.Uid]).Concat(containers.Keys.SelectMany(id => _byContainer[id])).Distinct()];
        // A process in the node's own network namespace is a helper of the runtime, or the pod is hostNetwork: its rules are not the pod's.
        NodeProcess[] inside = [.. all.Where(process => process.NetworkNamespace is { } ns && !_table.NodeNamespaces.Contains(ns))];
        HashSet<int> ids = [.. inside.Select(process => process.Id)];
        NodeProcess? witness = inside
            .OrderBy(process => PlaceIn(process, pod, containers)?.Nested != false)
            .ThenBy(process => !process.IsFirst)
            .ThenBy(process => process.Parent is { } parent && ids.Contains(parent))
            .ThenBy(process => process.Id)
            .FirstOrDefault();
        return new PodProcesses(witness, [.. inside.Where(process => process.NetworkNamespace == witness?.NetworkNamespace).SelectMany(Ids).Distinct()])
        {
            None = all.Length == 0,
            OnlyInNodeNamespace = all.Length > 0 && inside.Length == 0 && all.All(process => process.NetworkNamespace is not null),
            NamespacesHidden = all.Length > 0 && all.All(process => process.NetworkNamespace is null),
        };

        IEnumerable<PodProcess> Ids(NodeProcess process) => process is { User: { } user, Group: { } group }
            ? [new(PlaceIn(process, pod, containers)?.ContainerId is { } id ? containers.GetValueOrDefault(id) : null, user, group)]
            : [];
    }

    private static CgroupPlace? PlaceIn(NodeProcess process, MeshPod pod, IReadOnlyDictionary<string, string> containers) =>
        process.Places.FirstOrDefault(place => place.PodUid == pod.Uid || (place.ContainerId is { } id && containers.ContainsKey(id)));

    private static ILookup<string, NodeProcess> Index(ProcessTable table, Func<CgroupPlace, string?> key) => table.Processes
        .SelectMany(process => process.Places.Select(place => (Key: key(place), process)))
        .Where(entry => entry.Key is not null)
        .ToLookup(entry => entry.Key!, entry => entry.process, StringComparer.Ordinal);
}

/// <summary>What was found of a pod.</summary>
/// <param name="Witness">A process in the pod's network namespace; null when there is none.</param>
/// <param name="Processes">The ids that its processes run with, each once.</param>
internal sealed record PodProcesses(NodeProcess? Witness, IReadOnlyList<PodProcess> Processes)
{
    /// <summary>Whether it has no processes at all.</summary>
    public bool None { get; init; }

    /// <summary>Whether all its processes are in the node's network namespace.</summary>
    public bool OnlyInNodeNamespace { get; init; }

    /// <summary>Whether the reader may not see the namespaces of its processes.</summary>
    public bool NamespacesHidden { get; init; }
}
