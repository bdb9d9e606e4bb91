using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Sources.Node;

namespace IstioAdmin.Core.Redirection.Sources;

/// <summary>Why a pod has no rules to read.</summary>
internal static class SourceFailures
{
    /// <summary>Identifies <see cref="NoProcess"/>.</summary>
    public const string NoProcessId = "PodHasNoProcess";

    /// <summary>Why nobody could read the pod's rules whatever the way; null when there is no such reason.</summary>
    public static MeshException? Hopeless(MeshPod pod) => pod switch
    {
        _ when UsesHostNetwork(pod) => NodeNamespace(pod),
        { Phase: "Succeeded" or "Failed" } => new MeshException("PodEnded", FailureKind.NotFound,
            $"Pod {pod} has ended (phase {pod.Phase}): its network namespace and its rules are gone.", "Look at pods that run.", pod),
        _ => null,
    };

    /// <summary>The pod has the node's network namespace, whose rules are not its own.</summary>
    public static MeshException NodeNamespace(MeshPod pod) => new("PodUsesHostNetwork", FailureKind.NotSupported,
        $"Pod {pod} shares the network namespace of node {pod.Node}: it has no rules of its own, and Istio redirects no such pod.",
        "Leave hostNetwork pods out.", pod);

    /// <summary>The pod is on no node yet.</summary>
    public static MeshException NotScheduled(MeshPod pod) => new("PodNotScheduled", FailureKind.NotFound,
        $"Pod {pod} has not been scheduled to a node: it has no network namespace yet.", "Wait until it runs; kubectl describe pod tells what it waits for.", pod);

    /// <summary>The node has no process of the pod.</summary>
    public static MeshException NoProcess(MeshPod pod, NodeReader reader) => new(NoProcessId, FailureKind.NotFound,
        $"No process of pod {pod} was found by {reader.Name}: it has not started, has ended, or is being replaced.", "List the pods again and read those that run.", pod);

    /// <summary>The pod has been deleted since it was listed.</summary>
    public static MeshException Gone(MeshPod pod) => new("PodGone", FailureKind.NotFound,
        $"Pod {pod} has been deleted since it was listed.", "List the pods again.", pod);

    /// <summary>Several ways were tried and none worked.</summary>
    public static MeshException NoWay(MeshPod pod, IReadOnlyList<MeshException> tried)
    {
        if (tried.Count == 1)
            return tried[0];
        MeshException[] distinct = [.. tried.DistinctBy(failure => failure.Message)];
        if (distinct.Length == 1)
            return distinct[0];
        FailureKind kind = distinct.Any(failure => failure.Kind == FailureKind.Forbidden) ? FailureKind.Forbidden : distinct[^1].Kind;
        return new MeshException("RulesNotReadable", kind,
            $"The rules of pod {pod} could not be read in any way. {string.Join(" ", distinct.Select(failure => failure.Message))}",
            string.Join(" ", distinct.Select(failure => failure.Remedy).OfType<string>().Distinct()), pod, new AggregateException(distinct));
    }

    private static bool UsesHostNetwork(MeshPod pod) => pod.RedirectionConditions.Any(condition => condition is { Name: "NotHostNetwork", Met: false });
}
