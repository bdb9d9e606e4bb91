using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Operators;
using IstioAdmin.Core.Workloads;
using k8s;
using k8s.Models;

namespace IstioAdmin.Core.Mesh.Waiting;

/// <summary>Whether somebody is there to do what a mesh's resource wants.</summary>
/// <param name="Found">The operator's pods; null when they could not be listed.</param>
internal sealed record OperatorPods(IReadOnlyList<V1Pod>? Found)
{
    /// <summary>Whether it is known that no pod of the operator is ready.</summary>
    public bool AreMissing => Found?.Any(PodObstacle.IsReady) == false;

    /// <summary>What there is to say of them; null when they run, or when nobody may know.</summary>
    public string? Trouble => (Found, AreMissing) switch
    {
        ({ Count: 0 }, _) => "no pod of the operator is running in this cluster",
        ({ } pods, true) => $"no pod of the operator is ready: {PodObstacle.Among(pods)} in namespace {pods[0].Metadata.NamespaceProperty}",
        _ => null,
    };

    /// <summary>Looks for them in all namespaces.</summary>
    public static async Task<OperatorPods> FindAsync(MeshCluster cluster, MeshOperator known, CancellationToken cancel)
    {
        Dictionary<string, V1Pod> pods = [];
        try
        {
            foreach (string selector in known.Dialect.OperatorPods)
            {
                V1PodList list = await cluster.Client.CallAsync(
                    () => cluster.Client.Api.CoreV1.ListPodForAllNamespacesAsync(labelSelector: selector, cancellationToken: cancel),
                    KubeResource.Pods.Subject("list"), cancel).ConfigureAwait(false);
                // The labels are those of every operator made with the same tools.
                foreach (V1Pod pod in list.Items.Where(pod => pod.Spec.Containers.Any(container => container.Image?.Contains(known.Dialect.OperatorImage, StringComparison.Ordinal) == true)))
                    pods[pod.Metadata.Uid ?? pod.Metadata.Name] = pod;
            }
        }
        catch (MeshException e) when (e.Kind == FailureKind.Forbidden)
        {
            return new OperatorPods((IReadOnlyList<V1Pod>?)null);
        }
        return new OperatorPods([.. pods.Values]);
    }
}
