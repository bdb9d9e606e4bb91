using IstioAdmin.Core.Kube.Connecting;

namespace IstioAdmin.Core.Kube;

/// <summary>Where a client points, and as whom: what a kubeconfig context resolves to, without its secrets.</summary>
/// <param name="Context">Name of the kubeconfig context; <c>in-cluster</c> for a pod's own service account.</param>
/// <param name="Server">Base address of the API server.</param>
/// <param name="User">Name of the kubeconfig user.</param>
/// <param name="Namespace">The context's default namespace.</param>
public sealed record KubeEndpoint(string Context, Uri Server, string User, string Namespace)
{
    /// <summary>Full paths of the kubeconfig files that the context comes from, for programs that are to reach the same cluster; empty in a pod.</summary>
    public IReadOnlyList<string> Kubeconfig { get; init; } = [];

    /// <summary>The kubeconfig that the context comes from, when it is in no file.</summary>
    internal KubeconfigText? KubeconfigText { get; init; }
}
