using IstioAdmin.Core.Operators.Manifests;
using static IstioAdmin.Core.Operators.Manifests.AccessRule;

namespace IstioAdmin.Core.Operators.Banzai;

/// <summary>
/// What a mesh of Banzai Cloud's operator does on a remote cluster: less than at home, where it runs Galley, Pilot and Mixer too. Each rule is there because
/// the operator writes such objects (<c>pkg/remoteclusters</c>), because a component of which it makes a ClusterRole there is granted it (the API server lets
/// nobody grant what he does not have), or because Pilot, which works with the same Secret, reads it. The components are citadel, nodeagent, cni,
/// sidecarinjector, the gateways and, from 1.5 on, base: <c>reconcile_remote_istio.go</c>, and <c>pkg/resources/*/rbac.go</c> of the branches release-1.1 to
/// release-1.9. Upstream's own instructions (<c>docs/federation</c>) give the account all rights instead.
/// </summary>
internal static class BanzaiRemoteRole
{
    private const string ReadAndUpdate = "get list update watch";

    public static IReadOnlyList<AccessRule> Rules { get; } =
    [
        // The operator's own: the resource that owns the rest, and what becomes of it.
        new("istio.banzaicloud.io", "istios", Own),
        new("istio.banzaicloud.io", "istios/finalizers", "update"),
        new("istio.banzaicloud.io", "meshgateways", Own, From: 4),
        new("istio.banzaicloud.io", "meshgateways/finalizers meshgateways/status", "get patch update", From: 4),
        new("apiextensions.k8s.io", "customresourcedefinitions", "create get list patch update watch"),
        new("", "configmaps endpoints secrets serviceaccounts services", Own),
        new("", "namespaces", "get list patch update watch"),
        new("admissionregistration.k8s.io", "mutatingwebhookconfigurations", Own),
        new("apps", "daemonsets deployments", Own),
        new("autoscaling", "horizontalpodautoscalers", Own),
        new("networking.istio.io", "*", Own),
        new("policy", "poddisruptionbudgets", Own),
        new("rbac.authorization.k8s.io", "clusterrolebindings clusterroles rolebindings roles", Own),
        // Citadel's, and base's from 1.8 on.
        new("authentication.k8s.io", "tokenreviews", "create"),
        new("authorization.k8s.io", "subjectaccessreviews", "create", From: 8),
        // The CNI plugin's: it reads pods, repairs them from 1.5 on, and taints nodes from 1.8 on.
        new("", "pods", Read, To: 4),
        new("", "pods", "delete get list patch update watch", From: 5),
        new("", "events", Own, From: 5),
        new("", "nodes", Read, To: 7),
        new("", "nodes", "get list patch update watch", From: 8),
        new("coordination.k8s.io", "leases", "create get list update", From: 8),
        // Pilot's, and istio-reader's, which base makes.
        new("", "replicationcontrollers", Read),
        new("apps", "replicasets", Read),
        new("discovery.k8s.io", "endpointslices", Read, From: 5),
        new("extensions", "replicasets", Read, From: 5, To: 5),
        new("authentication.istio.io", "*", ReadAndUpdate, From: 5, To: 7),
        new("config.istio.io", "*", ReadAndUpdate, From: 5, To: 7),
        new("rbac.istio.io", "*", ReadAndUpdate, From: 5, To: 6),
        new("security.istio.io", "*", ReadAndUpdate, From: 5),
        new("admissionregistration.k8s.io", "validatingwebhookconfigurations", ReadAndUpdate, From: 8),
    ];
}
