using IstioAdmin.Core.Kube.Detection;

namespace IstioAdmin.Core.Operators.Banzai;

/// <summary>CNI in <c>istio.banzaicloud.io/v1beta1</c>.</summary>
internal static class BanzaiCni
{
    /// <summary>banzaicloud/istio-operator release-1.1 to release-1.9: pkg/apis/istio/v1beta1/istio_types.go, InitCNIConfiguration.</summary>
    public static ICniDialect Dialect { get; } = new SpecCni(IstioResources.BanzaiIstios, "sidecarInjector", "initCNIConfiguration");
}
