namespace IstioAdmin.Core.Kube;

/// <summary>A kind of object that an API server keeps, and where it keeps it.</summary>
/// <param name="Group">API group; empty for the core group.</param>
/// <param name="Version">Version within the group, for example <c>v1</c>.</param>
/// <param name="Plural">Resource name in URLs.</param>
/// <param name="Kind">Kind in manifests.</param>
/// <param name="Namespaced">Whether its objects live in namespaces.</param>
public sealed record KubeResource(string Group, string Version, string Plural, string Kind, bool Namespaced)
{
    /// <summary>Core pods.</summary>
    public static KubeResource Pods { get; } = new("", "v1", "pods", "Pod", true);

    /// <summary>Core config maps.</summary>
    public static KubeResource ConfigMaps { get; } = new("", "v1", "configmaps", "ConfigMap", true);

    /// <summary>Core namespaces.</summary>
    public static KubeResource Namespaces { get; } = new("", "v1", "namespaces", "Namespace", false);

    /// <summary>Core nodes.</summary>
    public static KubeResource Nodes { get; } = new("", "v1", "nodes", "Node", false);

    /// <summary>Core secrets.</summary>
    public static KubeResource Secrets { get; } = new("", "v1", "secrets", "Secret", true);

    /// <summary>Core services.</summary>
    public static KubeResource Services { get; } = new("", "v1", "services", "Service", true);

    /// <summary>Core service accounts.</summary>
    public static KubeResource ServiceAccounts { get; } = new("", "v1", "serviceaccounts", "ServiceAccount", true);

    /// <summary>Deployments.</summary>
    public static KubeResource Deployments { get; } = new("apps", "v1", "deployments", "Deployment", true);

    /// <summary>Stateful sets.</summary>
    public static KubeResource StatefulSets { get; } = new("apps", "v1", "statefulsets", "StatefulSet", true);

    /// <summary>Cluster roles.</summary>
    public static KubeResource ClusterRoles { get; } = new("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", false);

    /// <summary>Cluster role bindings.</summary>
    public static KubeResource ClusterRoleBindings { get; } = new("rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", false);

    /// <summary>Definitions of custom resources, as Kubernetes 1.16 and newer has them.</summary>
    public static KubeResource CustomResourceDefinitions { get; } = new("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", false);

    /// <summary>Mutating admission webhooks.</summary>
    public static KubeResource MutatingWebhooks { get; } =
        new("admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", false);

    /// <summary>Validating admission webhooks.</summary>
    public static KubeResource ValidatingWebhooks { get; } =
        new("admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", false);

    /// <summary>The <c>apiVersion</c> that manifests carry.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>The resource as RBAC and error messages name it: <c>deployments.apps</c>.</summary>
    public string FullName => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    /// <summary>The path of a collection, an object or a subresource, relative to the server.</summary>
    /// <param name="ns">Namespace; null for cluster scope and for all namespaces.</param>
    /// <param name="name">Object name; null for the collection.</param>
    /// <param name="subresource">Subresource such as <c>status</c>; needs a name.</param>
    public string Path(string? ns = null, string? name = null, string? subresource = null)
    {
        string path = Group.Length == 0 ? $"api/{Version}" : $"apis/{Group}/{Version}";
        if (Namespaced && ns is not null)
            path += $"/namespaces/{Uri.EscapeDataString(ns)}";
        path += $"/{Plural}";
        if (name is not null)
            path += $"/{Uri.EscapeDataString(name)}";
        return subresource is null ? path : $"{path}/{subresource}";
    }

    /// <summary>What a request on this resource is about, for error messages.</summary>
    public KubeSubject Subject(string verb, string? ns = null, string? name = null, string? subresource = null) =>
        new(verb, subresource is null ? FullName : $"{Plural}/{subresource}{(Group.Length == 0 ? "" : "." + Group)}", ns, name);
}
