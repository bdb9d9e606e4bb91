using System.Management.Automation;
using IstioAdmin.Clusters;
using IstioAdmin.Completion;
using IstioAdmin.Core;
using IstioAdmin.Core.Kube;

namespace IstioAdmin.Commands;

/// <summary>Closes the connection to clusters; to the current one by default.</summary>
[Cmdlet(VerbsCommunications.Disconnect, "MeshCluster", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low, DefaultParameterSetName = "Cluster")]
public sealed class DisconnectMeshClusterCommand : MeshCommand
{
    /// <inheritdoc/>
    [Parameter(ValueFromPipeline = true, ParameterSetName = "Cluster")]
    [ConnectedCluster]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    [SupportsWildcards]
    public override MeshCluster[]? Cluster { get; set; }

    /// <summary>Names of connected clusters, with wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "Name")]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel)
    {
        foreach (MeshCluster cluster in ParameterSetName == "Name" ? Named() : Clusters)
        {
            if (!ShouldProcess($"{cluster.Name} ({cluster.Server})", "Disconnect"))
                continue;
            if (ConnectedClusters.Remove(cluster))
                cluster.Client.Dispose();
            else
                WriteVerbose($"Cluster '{cluster.Name}' was not connected any more.");
        }
        return Task.CompletedTask;
    }

    private List<MeshCluster> Named()
    {
        var found = new List<MeshCluster>();
        foreach (string name in Name)
        {
            try
            {
                found.AddRange(ConnectedClusters.Find(name).Except(found));
            }
            catch (MeshException e)
            {
                WriteFailure(e, target: name);
            }
        }
        return found;
    }
}
