using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Kube.Detection;

/// <summary>One operator's API: the resources to look at and how to read installations out of them.</summary>
/// <param name="Kind">The operator.</param>
/// <param name="Resources">Its resources; those that the server does not serve are not asked for.</param>
/// <param name="Read">Reads the installations.</param>
/// <param name="Source">Where the fields are defined.</param>
internal sealed record OperatorRow(
    IstioOperatorKind Kind,
    IReadOnlyList<KubeResource> Resources,
    Func<OperatorObjects, IEnumerable<IstioInstallation>> Read,
    string Source)
{
    public static IReadOnlyList<OperatorRow> Rows { get; } =
    [
        new(
            IstioOperatorKind.Banzai,
            [IstioResources.BanzaiIstios],
            BanzaiReader.Read,
            "banzaicloud/istio-operator release-1.1 and release-1.9: pkg/apis/istio/v1beta1/istio_types.go"),
        new(
            IstioOperatorKind.Cisco,
            [IstioResources.CiscoControlPlanes],
            CiscoReader.Read,
            "banzaicloud/istio-operator release-1.17: api/v1alpha1/istiocontrolplane.proto"),
        new(
            IstioOperatorKind.Sail,
            [IstioResources.SailIstios, IstioResources.SailRevisions, IstioResources.SailCnis],
            SailReader.Read,
            "istio-ecosystem/sail-operator: api/v1"),
    ];
}
