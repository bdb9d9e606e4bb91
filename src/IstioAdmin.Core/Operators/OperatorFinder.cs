using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Changes;
using IstioAdmin.Core.Kube.Listing;
using IstioAdmin.Core.Workloads;

namespace IstioAdmin.Core.Operators;

/// <summary>Finds operators by their workloads, whoever installed them.</summary>
internal static class OperatorFinder
{
    /// <summary>The operators' workloads, as the server lists them.</summary>
    /// <param name="client">The cluster.</param>
    /// <param name="kinds">Which operators.</param>
    /// <param name="ns">One namespace, or null for all.</param>
    /// <param name="cancel">Ends the listing.</param>
    /// <exception cref="MeshException">Deployments or stateful sets could not be listed.</exception>
    public static async IAsyncEnumerable<(MeshOperator Operator, OperatorWorkload Workload)> WorkloadsAsync(
        KubeClient client, IReadOnlyList<MeshOperator> kinds, string? ns, [EnumeratorCancellation] CancellationToken cancel)
    {
        foreach (KubeResource resource in (KubeResource[])[KubeResource.Deployments, KubeResource.StatefulSets])
        {
            await foreach (JsonObject item in client.ListObjectsAsync(resource, new ListQuery(ns), cancel).ConfigureAwait(false))
            {
                var workload = new OperatorWorkload(item);
                if (kinds.FirstOrDefault(kind => kind.Package.Runs(workload)) is { } found)
                    yield return (found, workload);
            }
        }
    }

    /// <summary>The workloads of one operator; it should be one at most.</summary>
    /// <exception cref="MeshException">Deployments or stateful sets could not be listed.</exception>
    public static async Task<IReadOnlyList<OperatorWorkload>> WorkloadsAsync(KubeClient client, MeshOperator kind, string? ns, CancellationToken cancel)
    {
        List<OperatorWorkload> found = [];
        await foreach ((_, OperatorWorkload workload) in WorkloadsAsync(client, [kind], ns, cancel).ConfigureAwait(false))
            found.Add(workload);
        return found;
    }

    /// <summary>What can be said of an operator's workload, its pods among it.</summary>
    public static async Task<IstioOperator> DescribeAsync(MeshCluster cluster, MeshOperator kind, OperatorWorkload workload, CancellationToken cancel)
    {
        WorkloadState? state = null;
        string? silence = null;
        try
        {
            state = (await RolloutWait.ReadAsync(cluster.Client, workload.Reference, cancel).ConfigureAwait(false)).State;
        }
        // To see the operator is worth something where its pods may not be seen.
        catch (MeshException e) when (e.Kind is FailureKind.Forbidden or FailureKind.NotFound)
        {
            silence = e.Message;
        }
        return new IstioOperator
        {
            Cluster = cluster.Name,
            Distribution = kind.ToString(),
            Namespace = workload.Namespace,
            Name = workload.Name,
            Kind = workload.Kind,
            Version = workload.ImageTag,
            Line = workload.Label(ObjectOwner.PartOf) == kind.Package.PartOf && kind.Package.Lines.Count > 0 ? workload.Label(ObjectOwner.Version) : null,
            Image = workload.Image,
            Ready = state?.RolledOut == true,
            Message = silence ?? state?.Obstacle,
            InstalledBy = workload.InstalledBy(kind.Package.PartOf),
            Resource = workload.Object,
        };
    }
}
