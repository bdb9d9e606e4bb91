using IstioAdmin.Core.Health;

namespace IstioAdmin.Core.Cni.Prerequisites;

/// <summary>A prerequisite before it was checked: the row of a table.</summary>
/// <param name="Category">What it belongs to.</param>
/// <param name="Name">Short stable name in PascalCase.</param>
/// <param name="Severity">What it means when it fails.</param>
/// <param name="Description">What must hold, as a phrase.</param>
/// <param name="Source">Where the rule comes from.</param>
internal sealed record Prerequisite(string Category, string Name, CheckSeverity Severity, string Description, string Source)
{
    private const string Charts = "istio/istio: manifests/charts/istio-cni";
    private const string InitDocs = "istio.io: docs/setup/additional-setup/cni (compatibility with application init containers)";

    public static Prerequisite KubernetesVersion { get; } = new("Cluster", "KubernetesVersion", CheckSeverity.Warning,
        "the server still has the APIs that the mesh's release was made for", "kubernetes.io: docs/reference/using-api/deprecation-guide (1.22)");

    public static Prerequisite MeshManaged { get; } = new("Mesh", "MeshManaged", CheckSeverity.Error,
        "an operator manages the mesh", "the operators' API types");

    public static Prerequisite OperatorHealthy { get; } = new("Mesh", "OperatorHealthy", CheckSeverity.Warning,
        "the operator has nothing to complain of", "the operators' API types, status");

    public static Prerequisite NoForeignAgent { get; } = new("Mesh", "NoForeignAgent", CheckSeverity.Error,
        "no CNI agent was installed past the operator", Charts + "/templates/daemonset.yaml");

    public static Prerequisite MainPlugin { get; } = new("Nodes", "MainPlugin", CheckSeverity.Error,
        "a plugin that makes pods' interfaces is there to be chained to", "containernetworking/cni: SPEC.md (plugin lists)");

    public static Prerequisite ConfDirectory { get; } = new("Nodes", "ConfDirectory", CheckSeverity.Error,
        "the agent writes to the directory from which the nodes read CNI configurations", Charts + "/values.yaml; manifests/helm-profiles/platform-*.yaml");

    public static Prerequisite BinDirectory { get; } = new("Nodes", "BinDirectory", CheckSeverity.Error,
        "the agent writes to the directory from which the nodes start CNI programs", Charts + "/values.yaml; manifests/helm-profiles/platform-*.yaml");

    public static Prerequisite Chaining { get; } = new("Nodes", "Chaining", CheckSeverity.Error,
        "the plugin is chained where nodes chain plugins, and called by Multus where they do not", "istio/istio: manifests/helm-profiles/platform-openshift.yaml");

    public static Prerequisite NetworkPolicy { get; } = new("Nodes", "NetworkPolicy", CheckSeverity.Warning,
        "the provider's nodes use CNI at all", "istio/cni release-1.1: README.md (GKE setup)");

    public static Prerequisite KernelModules { get; } = new("Nodes", "KernelModules", CheckSeverity.Warning,
        "the nodes' kernels can redirect (ip_tables, iptable_nat, iptable_mangle, xt_REDIRECT, xt_owner, xt_conntrack, xt_tcpudp)", "istio.io: docs/ops/deployment/platform-requirements");

    public static Prerequisite PodSecurity { get; } = new("Agent", "PodSecurity", CheckSeverity.Error,
        "the agent's namespace admits pods with host directories", "kubernetes.io: docs/concepts/security/pod-security-standards");

    public static Prerequisite PodSecurityPolicy { get; } = new("Agent", "PodSecurityPolicy", CheckSeverity.Warning,
        "the agent's account may use a policy that allows host directories", "kubernetes until 1.24: policy/v1beta1 PodSecurityPolicy");

    public static Prerequisite SecurityContext { get; } = new("Agent", "SecurityContextConstraints", CheckSeverity.Error,
        "the agent's account may use the constraints 'privileged'", "istio/cni release-1.1: README.md (Red Hat OpenShift setup)");

    public static Prerequisite ExcludedNamespaces { get; } = new("Pods", "ExcludedNamespaces", CheckSeverity.Error,
        "no pod that redirects itself is in a namespace that the plugin leaves alone", "istio/istio: cni/pkg/plugin/plugin.go (excludeNamespaces)");

    public static Prerequisite InitContainers { get; } = new("Pods", "InitContainers", CheckSeverity.Warning,
        "no init container needs the network before the proxy is up", InitDocs);

    public static Prerequisite InitAllowed { get; } = new("Pods", "InitAllowed", CheckSeverity.Error,
        "namespaces of the mesh admit pods whose istio-init asks for NET_ADMIN", "kubernetes.io: docs/concepts/security/pod-security-standards (baseline)");

    public PrerequisiteResult Pass(string cluster, string message, string? target = null) => Make(cluster, PrerequisiteStatus.Pass, message, null, target);

    public PrerequisiteResult Warn(string cluster, string message, string hint, string? target = null) => Make(cluster, PrerequisiteStatus.Warn, message, hint, target);

    public PrerequisiteResult Fail(string cluster, string message, string hint, string? target = null) => Make(cluster, PrerequisiteStatus.Fail, message, hint, target);

    public PrerequisiteResult Unknown(string cluster, string message, string? hint, string? target = null) => Make(cluster, PrerequisiteStatus.Unknown, message, hint, target);

    public PrerequisiteResult Unknown(string cluster, MeshException failure) => Unknown(cluster, failure.Message, failure.Remedy);

    private PrerequisiteResult Make(string cluster, PrerequisiteStatus status, string message, string? hint, string? target) => new()
    {
        Cluster = cluster,
        Category = Category,
        Name = Name,
        Target = target,
        Status = status,
        Severity = Severity,
        Description = Description,
        Message = message,
        Hint = hint,
        Source = Source,
    };
}
