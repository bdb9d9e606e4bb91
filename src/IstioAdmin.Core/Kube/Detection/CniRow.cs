namespace IstioAdmin.Core.Kube.Detection;

/// <summary>One way in which Istio's CNI plugin is deployed.</summary>
/// <param name="Selector">Label selector of its DaemonSet.</param>
/// <param name="Source">Where that is written.</param>
internal sealed record CniRow(string Selector, string Source)
{
    /// <summary>Looked for only where this is served; null: everywhere.</summary>
    public KubeResource? OnlyWith { get; init; }

    public static IReadOnlyList<CniRow> Rows { get; } =
    [
        new(
            "k8s-app=istio-cni-node",
            "istio/istio: manifests/charts/istio-cni/templates/daemonset.yaml; banzaicloud/istio-operator release-1.1: pkg/resources/cni/cni.go"),
        new(
            "app=istio-cni-node",
            "banzaicloud/istio-operator release-1.17: internal/assets/manifests/istio-cni/templates/daemonset.yaml")
        {
            OnlyWith = IstioResources.CiscoControlPlanes,
        },
    ];
}
