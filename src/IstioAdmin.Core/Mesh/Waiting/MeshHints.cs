namespace IstioAdmin.Core.Mesh.Waiting;

/// <summary>What to do about messages of operators that do not say it themselves.</summary>
internal static class MeshHints
{
    private static readonly (string Part, string Hint)[] Known =
    [
        // banzaicloud/istio-operator release-1.1, pkg/k8sutil (GetServiceEndpointIPs)
        ("endpoint address is pending",
            "The Service of the ingress gateway has the type LoadBalancer and waits for an address, which this cluster may not hand out: 'kubectl describe service istio-ingressgateway' says why; Set-IstioMesh -IngressType NodePort does without."),
        ("nodePort: Forbidden",
            "A Service of type ClusterIP must have no node ports: Set-IstioMesh -IngressType ClusterIP takes them away."),
        ("istio config resource already exists",
            "This operator runs one mesh for a cluster. Change that one with Set-IstioMesh, or remove it first."),
        ("exceeded quota",
            "A resource quota of the namespace is used up: 'kubectl describe quota' shows it."),
        ("because it is being terminated",
            "The namespace is being deleted. Wait until it is gone, create it again, and the operator goes on."),
        ("conversion webhook",
            "The server cannot convert the resource between its versions: look at the Service of the operator's webhook and at the conversion in the CustomResourceDefinition."),
        ("failed calling webhook",
            "A webhook does not answer: look at the Service and the pods behind it, and remove its configuration when they are gone for good."),
        ("IstioCNI resource not found",
            "The mesh uses the CNI plugin, which the Sail operator installs by a resource of its own: Enable-IstioCni."),
    ];

    /// <summary>The hint for a message; null when there is none.</summary>
    public static string? For(string message) => Known.FirstOrDefault(row => message.Contains(row.Part, StringComparison.OrdinalIgnoreCase)).Hint;
}
