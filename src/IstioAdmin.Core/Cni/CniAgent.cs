using k8s.Models;

namespace IstioAdmin.Core.Cni;

/// <summary>The pod of the CNI DaemonSet on one node.</summary>
/// <param name="Pod">The pod.</param>
internal sealed record CniAgent(V1Pod Pod)
{
    public string Namespace => Pod.Metadata.NamespaceProperty;

    public string Name => Pod.Metadata.Name;

    public AgentMounts Mounts { get; } = AgentMounts.Of(Pod.Spec);

    /// <summary>When it became ready the last time; null while it is not.</summary>
    public DateTime? ReadySince => Pod.Status?.Conditions?.FirstOrDefault(condition => condition is { Type: "Ready", Status: "True" })?.LastTransitionTime;

    public override string ToString() => $"{Namespace}/{Name}";
}
