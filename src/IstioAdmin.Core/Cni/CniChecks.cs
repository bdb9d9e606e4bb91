using IstioAdmin.Core.Health;

namespace IstioAdmin.Core.Cni;

/// <summary>The checks of Istio's CNI on a node.</summary>
internal static class CniChecks
{
    public const string Category = "CniChain";

    private const string Install = "istio/istio: cni/pkg/install/install.go; istio/cni release-1.1: deployments/kubernetes/install/scripts/install-cni.sh";
    private const string Runtimes = "containerd/go-cni: opts.go; cri-o/ocicni: pkg/ocicni/ocicni.go; containernetworking/cni: libcni/conf.go";

    public static CheckDefinition AgentOnNode { get; } = new(Category, "AgentOnNode", CheckSeverity.Error,
        "the node has a pod of the CNI DaemonSet", "istio/istio: manifests/charts/istio-cni/templates/daemonset.yaml");

    public static CheckDefinition AgentReady { get; } = new(Category, "AgentReady", CheckSeverity.Error,
        "the CNI agent is ready, so the chain is as it wants it", "istio/istio: cni/pkg/install/install.go, sleepWatchInstall");

    public static CheckDefinition ConfigValid { get; } = new(Category, "ConfigValid", CheckSeverity.Error,
        "the container runtime finds a CNI configuration that it can use", Runtimes);

    public static CheckDefinition IstioCniChained { get; } = new(Category, "IstioCniChained", CheckSeverity.Error,
        "the CNI configuration that the container runtime uses calls istio-cni", Install);

    public static CheckDefinition ChainOrder { get; } = new(Category, "ChainOrder", CheckSeverity.Error,
        "istio-cni is called once, after the plugin that makes the pod's interface", "istio/istio: cni/pkg/install/cniconfig.go, insertCNIConfig");

    public static CheckDefinition OtherConfigs { get; } = new(Category, "OtherConfigs", CheckSeverity.Warning,
        "no other file in the directory can take the configuration's place", Runtimes);

    public static CheckDefinition PluginBinary { get; } = new(Category, "PluginBinary", CheckSeverity.Error,
        "the program istio-cni is in the node's plugin directory and can be executed", "istio/istio: cni/pkg/install/binaries.go");

    public static CheckDefinition Kubeconfig { get; } = new(Category, "Kubeconfig", CheckSeverity.Error,
        "the plugin's kubeconfig is there and its token is valid", "istio/istio: cni/pkg/install/kubeconfig.go; istio/cni release-1.1: deployments/kubernetes/install/scripts/install-cni.sh");

    public static CheckDefinition PodsAfterAgent { get; } = new(Category, "PodsAfterAgent", CheckSeverity.Error,
        "no meshed pod got its network before the agent had chained the plugin", "istio/istio: cni/README.md (race condition and repair); cni/pkg/repair/repaircontroller.go");

    /// <summary>Those that need the node's files.</summary>
    public static IReadOnlyList<CheckDefinition> OfFiles { get; } = [ConfigValid, IstioCniChained, ChainOrder, OtherConfigs, PluginBinary, Kubeconfig];
}
