using k8s.Models;

namespace IstioAdmin.Core.Cni;

/// <summary>A node, and what is known of Istio's CNI on it.</summary>
/// <param name="Node">The node.</param>
/// <param name="DaemonSet">The DaemonSet of the agents.</param>
/// <param name="Agent">The agent on this node; null when there is none.</param>
/// <param name="Pods">The pods on it whose traffic the CNI plugin redirects.</param>
internal sealed record CniNode(V1Node Node, V1DaemonSet DaemonSet, CniAgent? Agent, IReadOnlyList<MeshedPod> Pods)
{
    public string Name => Node.Metadata.Name;

    public string? Runtime => Node.Status?.NodeInfo?.ContainerRuntimeVersion;
}

/// <summary>A pod whose traffic the CNI plugin redirects.</summary>
/// <param name="Name">Its name, with its namespace.</param>
/// <param name="NetworkSince">
/// When its network was set up at the latest: when its sandbox was ready, or when its first container started; null while neither has happened.
/// </param>
internal sealed record MeshedPod(string Name, DateTime? NetworkSince)
{
    public static MeshedPod Of(V1Pod pod) => new($"{pod.Metadata.NamespaceProperty}/{pod.Metadata.Name}", Since(pod.Status));

    // The sandbox's condition exists since Kubernetes 1.28. It is set anew when the sandbox is, which the start of a container that crashed is not.
    private static DateTime? Since(V1PodStatus? status)
    {
        DateTime? sandbox = status?.Conditions?.FirstOrDefault(condition => condition is { Type: "PodReadyToStartContainers", Status: "True" })?.LastTransitionTime;
        DateTime? started = (status?.InitContainerStatuses ?? []).Concat(status?.ContainerStatuses ?? [])
            .SelectMany(container => new[] { container.State?.Running?.StartedAt, container.State?.Terminated?.StartedAt, container.LastState?.Terminated?.StartedAt })
            .OfType<DateTime>().Order().Select(time => (DateTime?)time).FirstOrDefault();
        return sandbox ?? started;
    }
}
