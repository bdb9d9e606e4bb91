namespace IstioAdmin.Core.Mesh;

/// <summary>The operators that this module knows.</summary>
public enum IstioOperatorKind
{
    /// <summary>No operator: istioctl, Helm or manifests.</summary>
    None,

    /// <summary><c>istio.banzaicloud.io/v1beta1</c>, Banzai Cloud's operator for Istio 1.1 to 1.9.</summary>
    Banzai,

    /// <summary><c>servicemesh.cisco.com/v1alpha1</c>, its second generation.</summary>
    Cisco,

    /// <summary><c>sailoperator.io/v1</c>.</summary>
    Sail,
}
