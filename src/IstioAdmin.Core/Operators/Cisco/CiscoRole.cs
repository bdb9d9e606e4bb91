using IstioAdmin.Core.Operators.Manifests;
using static IstioAdmin.Core.Operators.Manifests.AccessRule;

namespace IstioAdmin.Core.Operators.Cisco;

/// <summary>
/// What the operator's second generation may do: what it writes itself, and what it grants to istiod. Source: the kubebuilder markers in
/// <c>controllers</c> and <c>deploy/charts/istio-operator/templates/operator-rbac.yaml</c> of the branches
/// release-1.11 to release-1.17 in banzaicloud/istio-operator.
/// </summary>
internal static class CiscoRole
{
    private const string Change = "get list patch update watch";

    public static IReadOnlyList<AccessRule> Rules { get; } =
    [
        new("", "configmaps endpoints events resourcequotas secrets serviceaccounts services", Own),
        new("", "namespaces", Change),
        new("", "nodes replicationcontrollers", Read),
        new("", "pods", "delete deletecollection get list patch update watch"),
        new("admissionregistration.k8s.io", "mutatingwebhookconfigurations validatingwebhookconfigurations", Own),
        new("apiextensions.k8s.io", "customresourcedefinitions", Own),
        new("apps", "daemonsets deployments", Own),
        new("apps", "replicasets", Read),
        new("authentication.k8s.io", "tokenreviews", "create"),
        new("authorization.k8s.io", "subjectaccessreviews", "create"),
        new("autoscaling", "horizontalpodautoscalers", Own),
        new("certificates.k8s.io", "certificatesigningrequests certificatesigningrequests/approval certificatesigningrequests/status",
            "create delete get update watch"),
        new("certificates.k8s.io", "signers", "approve"),
        new("clusterregistry.k8s.cisco.com", "clusterfeatures resourcesyncrules", Own),
        new("clusterregistry.k8s.cisco.com", "clusters", "list watch"),
        new("coordination.k8s.io", "leases", "create get list update"),
        new("discovery.k8s.io", "endpointslices", Read),
        new("extensions", "ingresses", Read),
        new("extensions", "ingresses/status", Everything),
        new("gateway.networking.k8s.io", "*", Change, From: 12),
        new("gateway.networking.k8s.io", "gatewayclasses", "create delete patch update", From: 15),
        new("multicluster.x-k8s.io", "serviceexports", "create delete get list watch"),
        new("multicluster.x-k8s.io", "serviceimports", Read, From: 12),
        new("networking.k8s.io", "ingressclasses ingresses", Read),
        new("networking.k8s.io", "ingresses/status", Everything),
        new("networking.x-k8s.io", "*", Change),
        new("policy", "poddisruptionbudgets", Own),
        new("policy", "podsecuritypolicies", Own),
        new("rbac.authorization.k8s.io", "clusterrolebindings clusterroles rolebindings roles", Own),
        new("servicemesh.cisco.com", "istiocontrolplanes istiomeshes istiomeshgateways peeristiocontrolplanes", Own),
        new("servicemesh.cisco.com", "istiocontrolplanes/finalizers istiomeshes/finalizers istiomeshgateways/finalizers peeristiocontrolplanes/finalizers",
            "create delete patch update"),
        new("servicemesh.cisco.com", "istiocontrolplanes/status istiomeshes/status istiomeshgateways/status peeristiocontrolplanes/status",
            "get patch update"),
        new("authentication.istio.io", "*", Own),
        new("config.istio.io", "*", Own),
        new("extensions.istio.io", "*", Read, From: 12),
        new("networking.istio.io", "*", Own),
        new("rbac.istio.io", "*", Own),
        new("security.istio.io", "*", Own),
        new("telemetry.istio.io", "*", Own),
    ];
}
