using IstioAdmin.Core.Operators.Manifests;
using static IstioAdmin.Core.Operators.Manifests.AccessRule;

namespace IstioAdmin.Core.Operators.Banzai;

/// <summary>
/// What Banzai Cloud's operator may do: what it writes itself, and what it grants to Istio's components. Source: the kubebuilder markers in
/// <c>pkg/controller</c> and <c>deploy/charts/istio-operator/templates/operator-rbac.yaml</c> of the branches release-1.1 to release-1.9.
/// </summary>
internal static class BanzaiRole
{
    public static IReadOnlyList<AccessRule> Rules { get; } =
    [
        new("", "configmaps secrets serviceaccounts services", Own),
        new("", "endpoints nodes replicationcontrollers", Read, To: 8),
        new("", "endpoints nodes replicationcontrollers", "get list patch update watch", From: 9),
        new("", "pods", Read, To: 4),
        new("", "pods", Own, From: 5),
        new("", "namespaces", "get list patch update watch"),
        new("", "namespaces/finalizers", "update", From: 4),
        new("", "events", "create patch", From: 4, To: 4),
        new("", "events", Own, From: 5),
        new("admissionregistration.k8s.io", "mutatingwebhookconfigurations validatingwebhookconfigurations", Everything),
        new("apiextensions.k8s.io", "customresourcedefinitions", Everything),
        new("apps", "daemonsets deployments", Own),
        new("apps", "deployments/status", "get patch update"),
        new("apps", "replicasets", Read),
        new("authentication.k8s.io", "tokenreviews", "create"),
        new("authorization.k8s.io", "subjectaccessreviews", "create", From: 8),
        new("autoscaling", "horizontalpodautoscalers", Own),
        new("certificates.k8s.io", "certificatesigningrequests certificatesigningrequests/approval certificatesigningrequests/status",
            "create delete get update watch", From: 4),
        new("certificates.k8s.io", "signers", "approve", From: 6),
        new("coordination.k8s.io", "leases", "create get list update", From: 9),
        new("discovery.k8s.io", "endpointslices", Read, From: 5),
        new("extensions", "deployments", Read),
        new("extensions", "deployments/finalizers", "update"),
        new("extensions", "ingresses ingresses/status", Everything),
        new("extensions", "replicasets", Read),
        new("istio.banzaicloud.io", "istios remoteistios", Own),
        new("istio.banzaicloud.io", "istios/status remoteistios/status", "get patch update"),
        new("istio.banzaicloud.io", "istios/finalizers remoteistios/finalizers", "update", From: 4),
        new("istio.banzaicloud.io", "meshgateways", Own, From: 4),
        new("istio.banzaicloud.io", "meshgateways/finalizers meshgateways/status", "get patch update", From: 4),
        new("networking.k8s.io", "ingressclasses ingresses", Read, From: 6),
        new("networking.k8s.io", "ingresses/status", Everything, From: 6),
        new("networking.x-k8s.io", "*", Read, From: 6),
        new("policy", "poddisruptionbudgets", Own),
        new("rbac.authorization.k8s.io", "clusterrolebindings clusterroles rolebindings roles", Own),
        new("authentication.istio.io", "*", Everything),
        new("cloud.istio.io", "*", Everything, To: 7),
        new("config.istio.io", "*", Everything),
        new("istio.istio.io", "*", Everything, To: 7),
        new("networking.istio.io", "*", Everything),
        new("rbac.istio.io", "*", Everything),
        new("scalingpolicy.istio.io", "*", Everything, To: 7),
        new("security.istio.io", "*", Everything, From: 4),
    ];
}
