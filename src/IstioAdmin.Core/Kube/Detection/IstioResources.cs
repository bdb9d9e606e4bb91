namespace IstioAdmin.Core.Kube.Detection;

/// <summary>The kinds that detection looks for.</summary>
internal static class IstioResources
{
    public static KubeResource Deployments { get; } = new("apps", "v1", "deployments", "Deployment", true);

    public static KubeResource DaemonSets { get; } = new("apps", "v1", "daemonsets", "DaemonSet", true);

    public static KubeResource BanzaiIstios { get; } = new("istio.banzaicloud.io", "v1beta1", "istios", "Istio", true);

    public static KubeResource CiscoControlPlanes { get; } = new("servicemesh.cisco.com", "v1alpha1", "istiocontrolplanes", "IstioControlPlane", true);

    public static KubeResource SailIstios { get; } = new("sailoperator.io", "v1", "istios", "Istio", false);

    public static KubeResource SailRevisions { get; } = new("sailoperator.io", "v1", "istiorevisions", "IstioRevision", false);

    public static KubeResource SailCnis { get; } = new("sailoperator.io", "v1", "istiocnis", "IstioCNI", false);
}
