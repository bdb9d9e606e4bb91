using System.Management.Automation;
using IstioAdmin.Clusters;
using IstioAdmin.Completion;
using IstioAdmin.Core;
using IstioAdmin.Core.Kube;

namespace IstioAdmin.Commands;

/// <summary>The base of cmdlets that work on connected clusters: <c>-Cluster</c> takes one or many, and the current one is the default.</summary>
public abstract class MeshCommand : AsyncCommand
{
    /// <summary>Clusters, or the names of connected clusters. Wildcards are allowed; the default is the current cluster.</summary>
    [Parameter(ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ConnectedCluster]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    [SupportsWildcards]
    public virtual MeshCluster[]? Cluster { get; set; }

    /// <summary>The clusters that the current input object is about: those of <see cref="Cluster"/>, or the current one. Ends the command when there is none.</summary>
    protected virtual IReadOnlyList<MeshCluster> Clusters
    {
        get
        {
            // An empty list was given too: a pattern that matches nothing must not mean the current cluster.
            if (Cluster is { } given)
                return given;
            try
            {
                return [ConnectedClusters.RequireCurrent()];
            }
            catch (MeshException e)
            {
                ThrowTerminatingError(Failure.ToErrorRecord(e, target: null));
                throw;
            }
        }
    }

    /// <summary>Works on each of <see cref="Clusters"/> in turn; one that fails becomes an error about that cluster, and the others still get their turn.</summary>
    protected async Task ForEachClusterAsync(Func<MeshCluster, CancellationToken, Task> work, CancellationToken cancel)
    {
        foreach (MeshCluster cluster in Clusters)
        {
            try
            {
                await work(cluster, cancel);
            }
            catch (Exception e) when (e is not PipelineStoppedException && !cancel.IsCancellationRequested)
            {
                WriteFailure(e, target: cluster);
            }
        }
    }
}
