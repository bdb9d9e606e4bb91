using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Workloads;
using k8s;
using k8s.Models;

namespace IstioAdmin.Core.Redirection.Repair;

/// <summary>The pods of workloads, as they are now.</summary>
internal sealed class OwnedPods
{
    private readonly KubeClient _client;

    public OwnedPods(MeshCluster cluster) => _client = cluster.Client;

    /// <summary>The pods of a workload that are not being deleted and have not ended.</summary>
    public async Task<IReadOnlyList<V1Pod>> OfAsync(WorkloadReference workload, CancellationToken cancel)
    {
        V1PodList list = await _client.CallAsync(
            () => _client.Api.CoreV1.ListNamespacedPodAsync(workload.Namespace, cancellationToken: cancel),
            KubeResource.Pods.Subject("list", workload.Namespace), cancel).ConfigureAwait(false);
        return [.. list.Items.Where(pod => pod.Metadata.DeletionTimestamp is null && pod.Status?.Phase is not ("Succeeded" or "Failed") && WorkloadPods.IsOf(pod, workload))];
    }
}
