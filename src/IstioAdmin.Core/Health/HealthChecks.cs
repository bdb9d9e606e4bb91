namespace IstioAdmin.Core.Health;

/// <summary>The checks of a mesh as a whole, category by category; those of CNI nodes are in <see cref="Cni.CniChecks"/>.</summary>
internal static class HealthChecks
{
    public const string KubernetesApi = "KubernetesApi";
    public const string ControlPlane = "ControlPlane";
    public const string Injection = "Injection";
    public const string CniAgent = "CniAgent";
    public const string Pods = "Pods";
    public const string Redirection = "Redirection";

    public static CheckDefinition ApiReachable { get; } = new(KubernetesApi, "ApiReachable", CheckSeverity.Error,
        "the API server answers", "kubernetes: /version");

    public static CheckDefinition ControlPlaneFound { get; } = new(ControlPlane, "ControlPlaneFound", CheckSeverity.Error,
        "an Istio control plane is in the cluster", "istio/istio: manifests/charts/istio-control/istio-discovery/templates/deployment.yaml (label istio=pilot)");

    public static CheckDefinition ControlPlaneReady { get; } = new(ControlPlane, "ControlPlaneReady", CheckSeverity.Error,
        "the control plane's deployment is rolled out", "kubernetes/kubectl: pkg/polymorphichelpers/rollout_status.go");

    public static CheckDefinition InjectorWebhook { get; } = new(Injection, "InjectorWebhook", CheckSeverity.Error,
        "a webhook injects sidecars", "istio/istio: manifests/charts/istio-control/istio-discovery/templates/mutatingwebhook.yaml");

    public static CheckDefinition InjectorEndpoint { get; } = new(Injection, "InjectorEndpoint", CheckSeverity.Error,
        "the service behind the injection webhook has a ready endpoint", "kubernetes: admissionregistration.k8s.io/v1, WebhookClientConfig");

    public static CheckDefinition NamespacesInjected { get; } = new(Injection, "NamespacesInjected", CheckSeverity.Error,
        "pods in namespaces that are labelled for injection have a sidecar", "istio/istio: pkg/kube/inject/inject.go, injectRequired");

    public static CheckDefinition AgentsReady { get; } = new(CniAgent, "AgentsReady", CheckSeverity.Error,
        "the CNI agent is ready on every node that it is meant for", "istio/istio: manifests/charts/istio-cni/templates/daemonset.yaml");

    public static CheckDefinition PodsReady { get; } = new(Pods, "PodsReady", CheckSeverity.Warning,
        "pods whose traffic must be redirected are ready", "kubernetes: pod condition Ready");

    public static CheckDefinition ProxyVersion { get; } = new(Pods, "ProxyVersion", CheckSeverity.Warning,
        "sidecars are of the control plane's release, or of the one before", "istio.io: docs/releases/supported-releases (control plane and data plane skew)");

    public static CheckDefinition NoIstioInit { get; } = new(Pods, "NoIstioInit", CheckSeverity.Warning,
        "no pod needs a privileged istio-init where the CNI plugin is on", "istio/istio: cni/pkg/plugin/plugin.go (a pod with istio-init is left alone)");

    public static CheckDefinition PodsRedirected { get; } = new(Redirection, "PodsRedirected", CheckSeverity.Error,
        "all traffic that must enter a pod's proxy does", "Test-PodRedirection");

    /// <summary>The categories in the order in which they are checked.</summary>
    public static IReadOnlyList<string> Categories { get; } = [KubernetesApi, ControlPlane, Injection, CniAgent, Cni.CniChecks.Category, Pods, Redirection];
}
