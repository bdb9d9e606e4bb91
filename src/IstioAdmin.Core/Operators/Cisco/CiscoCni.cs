using IstioAdmin.Core.Kube.Detection;

namespace IstioAdmin.Core.Operators.Cisco;

/// <summary>CNI in <c>servicemesh.cisco.com/v1alpha1</c>.</summary>
internal static class CiscoCni
{
    /// <summary>banzaicloud/istio-operator release-1.17: api/v1alpha1/istiocontrolplane.proto, ProxyInitConfiguration and CNIConfiguration.</summary>
    public static ICniDialect Dialect { get; } = new SpecCni(IstioResources.CiscoControlPlanes, "proxyInit", "cni");
}
