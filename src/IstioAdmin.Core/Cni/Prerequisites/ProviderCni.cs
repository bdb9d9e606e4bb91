using System.Text.Json.Nodes;
using IstioAdmin.Core.Cni.Switching;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Listing;
using IstioAdmin.Core.Operators;

namespace IstioAdmin.Core.Cni.Prerequisites;

/// <summary>Where the nodes of a provider keep CNI's files. Rows are asked in order; the first that fits counts.</summary>
/// <param name="Name">The provider, for people.</param>
/// <param name="ConfDir">The directory of configurations.</param>
/// <param name="BinDir">The directory of programs.</param>
/// <param name="Source">Where that is written.</param>
internal sealed record ProviderCni(string Name, string ConfDir, string BinDir, string Source)
{
    public const string DefaultConfDir = "/etc/cni/net.d";
    public const string DefaultBinDir = "/opt/cni/bin";

    private const string Profiles = "istio/istio: manifests/helm-profiles/platform-";
    private const string Defaults = "istio/istio: manifests/charts/istio-cni/values.yaml";

    /// <summary>The provider, where detection knows it.</summary>
    public ClusterProvider? Provider { get; init; }

    /// <summary>Part of the server's version.</summary>
    public string? VersionContains { get; init; }

    /// <summary>Key of a label on nodes.</summary>
    public string? NodeLabel { get; init; }

    /// <summary>Whether plugins are chained; where they are not, Multus calls them.</summary>
    public bool Chained { get; init; } = true;

    /// <summary>The network plugin that is part of the nodes themselves, without a DaemonSet; null when there is none.</summary>
    public string? BuiltIn { get; init; }

    /// <summary>DaemonSets of which one must be there for the nodes to use CNI; empty when they always do.</summary>
    public IReadOnlyList<string> NetworkPolicyBy { get; init; } = [];

    /// <summary>Whether the Sail operator's charts find the directories themselves.</summary>
    public bool KnownToCharts { get; init; }

    public static IReadOnlyList<ProviderCni> Rows { get; } =
    [
        new("Google Kubernetes Engine", DefaultConfDir, "/home/kubernetes/bin", "istio/cni release-1.1: README.md (GKE setup); istio/istio: manifests/charts/istio-cni/templates/daemonset.yaml")
        {
            Provider = ClusterProvider.Gke, KnownToCharts = true, NetworkPolicyBy = ["calico-node", "anetd", "netd", "cilium"],
        },
        new("OpenShift", "/etc/cni/multus/net.d", "/var/lib/cni/bin", Profiles + "openshift.yaml")
        {
            Provider = ClusterProvider.OpenShift, Chained = false, KnownToCharts = true,
        },
        new("k3s", "/var/lib/rancher/k3s/agent/etc/cni/net.d", "/var/lib/rancher/k3s/data/cni", Profiles + "k3s.yaml")
        {
            VersionContains = "+k3s", BuiltIn = "flannel, inside of k3s",
        },
        new("RKE2", DefaultConfDir, DefaultBinDir, Defaults) { VersionContains = "+rke2" },
        new("MicroK8s", "/var/snap/microk8s/current/args/cni-network", "/var/snap/microk8s/current/opt/cni/bin", Profiles + "microk8s.yaml")
        {
            NodeLabel = "microk8s.io/cluster",
        },
        new("minikube", DefaultConfDir, DefaultBinDir, Profiles + "minikube.yaml (nothing but the directory of namespaces differs)")
        {
            NodeLabel = "minikube.k8s.io/name", BuiltIn = "bridge, on minikube's node",
        },
        new("kind", DefaultConfDir, DefaultBinDir, Defaults) { Provider = ClusterProvider.Kind },
        new("PKE", DefaultConfDir, DefaultBinDir, "banzaicloud/pke: cmd/pke/app/phases/kubeadm/controlplane/calico.yaml.go") { Provider = ClusterProvider.Pke },
        new("Amazon EKS", DefaultConfDir, DefaultBinDir, "istio/cni release-1.1: README.md (hosted Kubernetes)") { Provider = ClusterProvider.Eks },
        new("Azure AKS", DefaultConfDir, DefaultBinDir, "istio/cni release-1.1: README.md (hosted Kubernetes)") { Provider = ClusterProvider.Aks, BuiltIn = "Azure CNI or kubenet, on the nodes" },
        new("IBM Cloud", DefaultConfDir, DefaultBinDir, "istio/cni release-1.1: README.md (IKS setup)") { Provider = ClusterProvider.Iks },
        new("the sandbox", DefaultConfDir, DefaultBinDir, "this module") { Provider = ClusterProvider.Sandbox, BuiltIn = "the sandbox's own" },
    ];

    /// <summary>The provider's row; null when nothing tells who it is.</summary>
    public static async Task<ProviderCni?> FindAsync(MeshCluster cluster, CancellationToken cancel)
    {
        HashSet<string> labels = [];
        try
        {
            int seen = 0;
            await foreach (JsonObject node in cluster.Client.ListObjectsAsync(KubeResource.Nodes, new ListQuery(PageSize: 5), cancel).ConfigureAwait(false))
            {
                labels.UnionWith((node.At("metadata", "labels") as JsonObject ?? []).Select(label => label.Key));
                // Nodes of one cluster look alike.
                if (++seen == 5)
                    break;
            }
        }
        catch (MeshException e) when (e.Kind == FailureKind.Forbidden)
        {
            // The server's version and what was detected when connecting still tell most.
        }
        return Rows.FirstOrDefault(row => row.Provider == cluster.Provider && row.Provider is not null)
            ?? Rows.FirstOrDefault(row => row.VersionContains is { } part && cluster.Version.Contains(part, StringComparison.OrdinalIgnoreCase))
            ?? Rows.FirstOrDefault(row => row.NodeLabel is { } label && labels.Contains(label));
    }

    /// <summary>Adds the provider's directories to a wish, where nobody has said others.</summary>
    public static async Task<CniWish> CompleteAsync(MeshCluster cluster, CniTarget target, CniWish wish, CancellationToken cancel)
    {
        if (await FindAsync(cluster, cancel).ConfigureAwait(false) is not { } row || (row.KnownToCharts && target.Operator.Cni.AgentResource is not null))
            return wish;
        CniSettings now = target.Settings;
        return wish with
        {
            BinDir = wish.BinDir ?? (row.BinDir != DefaultBinDir && now.BinDir is (null or DefaultBinDir) ? row.BinDir : null),
            ConfDir = wish.ConfDir ?? (row.ConfDir != DefaultConfDir && now.ConfDir is (null or DefaultConfDir) ? row.ConfDir : null),
        };
    }
}
