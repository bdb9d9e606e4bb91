using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Detection;
using IstioAdmin.Core.Workloads;
using k8s;
using k8s.Models;

namespace IstioAdmin.Core.Cni.Prerequisites;

/// <summary>
/// The DaemonSets of the cluster's own network plugins. They mount the directories that the nodes really use, which tells them without looking at
/// a node.
/// </summary>
/// <param name="Plugins">Those that make pods' interfaces, by their names.</param>
/// <param name="ConfDirs">Directories of configurations that they mount, each with who mounts it.</param>
/// <param name="BinDirs">Directories of programs that they mount.</param>
internal sealed record NetworkDaemons(IReadOnlyList<string> Plugins, IReadOnlyList<(string Path, string By)> ConfDirs, IReadOnlyList<(string Path, string By)> BinDirs)
{
    // The plugins' own manifests.
    private static readonly string[] Known =
    [
        "calico-node", "canal", "kube-flannel", "aws-node", "cilium", "anetd", "netd", "weave-net", "kindnet", "kube-router", "kube-ovn-cni", "ovnkube-node", "sdn", "antrea-agent", "azure-cns", "romana-agent", "contiv",
    ];

    public bool Has(string name) => Plugins.Any(plugin => IsNamed(plugin.Split('/')[^1], name));

    /// <exception cref="MeshException">DaemonSets could not be listed.</exception>
    public static async Task<NetworkDaemons> ReadAsync(KubeClient client, CancellationToken cancel)
    {
        V1DaemonSetList sets = await client.CallAsync(() => client.Api.AppsV1.ListDaemonSetForAllNamespacesAsync(cancellationToken: cancel), IstioResources.DaemonSets.Subject("list"), cancel).ConfigureAwait(false);
        List<string> plugins = [];
        List<(string, string)> conf = [];
        List<(string, string)> bin = [];
        foreach (V1DaemonSet set in sets.Items)
        {
            if (IsIstio(set))
                continue;
            string name = $"{set.Metadata.NamespaceProperty}/{set.Metadata.Name}";
            string[] hosts = [.. (set.Spec.Template.Spec.Volumes ?? []).Select(volume => volume.HostPath?.Path?.TrimEnd('/')).OfType<string>()];
            string[] configs = [.. hosts.Where(path => path.EndsWith("/net.d", StringComparison.Ordinal) || path.EndsWith("/cni-network", StringComparison.Ordinal))];
            string[] programs = [.. hosts.Where(path => path.EndsWith("/cni/bin", StringComparison.Ordinal) || path.EndsWith("/data/cni", StringComparison.Ordinal) || path == "/home/kubernetes/bin")];
            conf.AddRange(configs.Select(path => (path, name)));
            bin.AddRange(programs.Select(path => (path, name)));
            // Multus calls plugins and is none; what writes a configuration or is known by name is one.
            if (Array.Exists(Known, known => IsNamed(set.Metadata.Name, known)) || (configs.Length > 0 && !set.Metadata.Name.Contains("multus", StringComparison.Ordinal)))
                plugins.Add(name);
        }
        return new NetworkDaemons(plugins, conf, bin);
    }

    private static bool IsIstio(V1DaemonSet set) => set.Metadata.Labels is { } labels && (Has(labels, "k8s-app") || Has(labels, "app"));

    private static bool Has(IDictionary<string, string> labels, string key) => labels.TryGetValue(key, out string? value) && value == "istio-cni-node";

    private static bool IsNamed(string name, string known) => name == known || name.StartsWith(known + "-", StringComparison.Ordinal);
}
