using IstioAdmin.Core.Kube;

namespace IstioAdmin.Core.Mesh;

/// <summary>The kinds of objects that a mesh consists of.</summary>
internal static class MeshResources
{
    public static KubeResource Deployments { get; } = new("apps", "v1", "deployments", "Deployment", true);

    public static KubeResource DaemonSets { get; } = new("apps", "v1", "daemonsets", "DaemonSet", true);

    public static KubeResource Services { get; } = new("", "v1", "services", "Service", true);

    /// <summary>The version that every Kubernetes serves; replicas are all that is looked at.</summary>
    public static KubeResource Autoscalers { get; } = new("autoscaling", "v1", "horizontalpodautoscalers", "HorizontalPodAutoscaler", true);

    public static KubeResource Budgets { get; } = new("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", true);

    /// <summary>Before Kubernetes 1.21.</summary>
    public static KubeResource OldBudgets { get; } = Budgets with { Version = "v1beta1" };

    public static KubeResource MeshPolicies { get; } = new("authentication.istio.io", "v1alpha1", "meshpolicies", "MeshPolicy", false);

    public static KubeResource PeerAuthentications { get; } = new("security.istio.io", "v1beta1", "peerauthentications", "PeerAuthentication", true);

    public static KubeResource CiscoGateways { get; } = new("servicemesh.cisco.com", "v1alpha1", "istiomeshgateways", "IstioMeshGateway", true);

    public static KubeResource BanzaiRemotes { get; } = new("istio.banzaicloud.io", "v1beta1", "remoteistios", "RemoteIstio", true);

    public static KubeResource Secrets { get; } = new("", "v1", "secrets", "Secret", true);

    public static KubeResource ServiceAccounts { get; } = new("", "v1", "serviceaccounts", "ServiceAccount", true);

    public static KubeResource ClusterRoles { get; } = new("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", false);

    public static KubeResource ClusterRoleBindings { get; } = new("rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", false);
}
