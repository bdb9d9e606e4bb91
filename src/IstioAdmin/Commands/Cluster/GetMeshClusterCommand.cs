using System.Management.Automation;
using IstioAdmin.Clusters;
using IstioAdmin.Completion;
using IstioAdmin.Core;
using IstioAdmin.Core.Kube;

namespace IstioAdmin.Commands;

/// <summary>Lists the connected clusters.</summary>
[Cmdlet(VerbsCommon.Get, "MeshCluster", DefaultParameterSetName = ByName), OutputType(typeof(MeshCluster))]
public sealed class GetMeshClusterCommand : AsyncCommand
{
    private const string ByName = "Name";

    /// <summary>Names, with wildcards.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ParameterSetName = ByName)]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    /// <summary>Only the current cluster.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Current")]
    public SwitchParameter Current { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel)
    {
        if (Current)
        {
            Write(ConnectedClusters.RequireCurrent());
            return Task.CompletedTask;
        }
        foreach (string name in Name)
        {
            try
            {
                foreach (MeshCluster cluster in ConnectedClusters.Find(name))
                    Write(cluster);
            }
            catch (MeshException e)
            {
                WriteFailure(e, target: name);
            }
        }
        return Task.CompletedTask;
    }

    private void Write(MeshCluster cluster) => WriteObject(ConnectedClusters.ForDisplay(cluster));
}
