using System.Text.Json;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Detection;
using IstioAdmin.Core.Workloads;
using k8s;
using k8s.Models;

namespace IstioAdmin.Core.Cni;

/// <summary>A DaemonSet of Istio's CNI agents, with its pods and its settings.</summary>
/// <param name="Set">The DaemonSet.</param>
/// <param name="Agents">Its pods that are on nodes.</param>
/// <param name="Settings">What its ConfigMap holds; empty when that cannot be read.</param>
internal sealed record CniDaemonSet(V1DaemonSet Set, IReadOnlyList<CniAgent> Agents, IReadOnlyDictionary<string, string> Settings)
{
    /// <summary>Finds the cluster's.</summary>
    /// <exception cref="MeshException">DaemonSets or their pods could not be listed.</exception>
    public static async Task<CniDaemonSet[]> FindAsync(KubeClient client, CancellationToken cancel)
    {
        List<CniDaemonSet> found = [];
        foreach (CniRow row in CniRow.Rows)
        {
            V1DaemonSetList sets = await client.CallAsync(() => client.Api.AppsV1.ListDaemonSetForAllNamespacesAsync(labelSelector: row.Selector, cancellationToken: cancel),
                IstioResources.DaemonSets.Subject("list"), cancel).ConfigureAwait(false);
            foreach (V1DaemonSet set in sets.Items)
                found.Add(await OfAsync(client, set, cancel).ConfigureAwait(false));
        }
        // One that carries the labels of both.
        return [.. found.DistinctBy(daemons => daemons.Set.Metadata.Uid ?? daemons.Set.Metadata.Name)];
    }

    private static async Task<CniDaemonSet> OfAsync(KubeClient client, V1DaemonSet set, CancellationToken cancel)
    {
        string ns = set.Metadata.NamespaceProperty;
        V1PodList pods = await client.CallAsync(
            () => client.Api.CoreV1.ListNamespacedPodAsync(ns, labelSelector: WorkloadPods.Selector(set.Spec.Selector), cancellationToken: cancel),
            KubeResource.Pods.Subject("list", ns), cancel).ConfigureAwait(false);
        var reference = new WorkloadReference(ns, "DaemonSet", set.Metadata.Name);
        return new CniDaemonSet(set, [.. pods.Items.Where(pod => pod.Spec.NodeName is not null && WorkloadPods.IsOf(pod, reference)).Select(pod => new CniAgent(pod))],
            await SettingsAsync(client, set, cancel).ConfigureAwait(false));
    }

    private static async Task<IReadOnlyDictionary<string, string>> SettingsAsync(KubeClient client, V1DaemonSet set, CancellationToken cancel)
    {
        using JsonDocument json = JsonDocument.Parse(KubernetesJson.Serialize(set));
        string ns = set.Metadata.NamespaceProperty;
        try
        {
            return (await client.GetAsync(KubeResource.ConfigMaps, ns, CniConfigMap.NameIn(json.RootElement), cancel).ConfigureAwait(false))?["data"]?.AsObject()
                .ToDictionary(pair => pair.Key, pair => (string?)pair.Value ?? "") ?? [];
        }
        catch (MeshException)
        {
            // Only one setting of it counts, and its default is what nearly everybody has.
            return new Dictionary<string, string>();
        }
    }
}
