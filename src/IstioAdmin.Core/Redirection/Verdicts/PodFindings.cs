using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Redirection.Verdicts;

/// <summary>Findings about pods whose rules were not read.</summary>
internal static class PodFindings
{
    /// <summary>A pod that needs no redirection; one that carries a proxy all the same has a proxy that sees nothing.</summary>
    public static RedirectionFinding[] OfUnexpected(MeshPod pod)
    {
        bool hasProxy = pod.Containers.Contains(IstioNames.ProxyContainer) || pod.InitContainers.Contains(IstioNames.ProxyContainer);
        // A gateway's proxy is addressed directly, and what has ended has no traffic.
        if (!hasProxy || !pod.Injected || pod.Phase is "Succeeded" or "Failed")
            return [];
        RedirectionCondition[] unmet = [.. pod.RedirectionConditions.Where(condition => !condition.Met)];
        string why = unmet.Length == 0 ? "" : $": {string.Join("; ", unmet.Select(condition => condition.Value))}";
        return
        [
            new("SidecarWithoutRedirection", FindingSeverity.Warning,
                $"The pod has a sidecar, but Istio does not redirect its traffic{why}. Everything reaches the application past the proxy.",
                "Remove what keeps the pod out, or the sidecar; then restart its workload with Restart-MeshWorkload."),
        ];
    }

    /// <summary>A pod without a network namespace, or without processes in it.</summary>
    public static RedirectionFinding NotRunning(MeshPod pod) => new("PodNotRunning", FindingSeverity.Error,
        $"The pod is not running (phase {pod.Phase ?? "unknown"}{(pod.Node is null ? ", not scheduled" : "")}), so there are no rules to read yet.", "Test it again when it runs.");

    /// <summary>A pod whose rules could not be read.</summary>
    public static RedirectionFinding Unread(MeshException failure) => new(failure.ErrorId, FindingSeverity.Error, failure.Message, failure.Remedy);
}
