namespace IstioAdmin.Core.Operators.Cisco;

/// <summary>A release line of the operator's second generation: one branch, one minor version of Istio.</summary>
/// <param name="Istio">Minor version of Istio: 17 for 1.17.</param>
/// <param name="Tag">The line's last image tag.</param>
/// <param name="OldestKubernetes">Oldest minor version of Kubernetes 1.x.</param>
/// <param name="NewestKubernetes">Newest one.</param>
internal sealed record CiscoRelease(int Istio, string Tag, int OldestKubernetes, int NewestKubernetes)
{
    private const string Repository = "ghcr.io/banzaicloud/istio-operator";

    /// <summary>
    /// The known lines, oldest first. Source: banzaicloud/istio-operator, branches release-1.11 to release-1.17,
    /// <c>deploy/charts/istio-operator/Chart.yaml</c> (kubeVersion, which a chart's <c>&lt; 1.27.0-0</c> ends before) and <c>values.yaml</c>.
    /// </summary>
    public static IReadOnlyList<CiscoRelease> Known { get; } =
    [
        new(11, "v2.11.8", 19, 22),
        new(12, "v2.12.0", 19, 22),
        new(13, "v2.13.6", 20, 22),
        new(15, "v2.15.12", 21, 25),
        new(16, "v2.16.1", 22, 25),
        new(17, "v2.17.4", 23, 26),
    ];

    /// <summary>The version as people write it: <c>1.17</c>.</summary>
    public string Version => $"1.{Istio}";

    /// <summary>The line's last image.</summary>
    public string Image => $"{Repository}:{Tag}";
}
