using System.Management.Automation;
using IstioAdmin.Completion;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Changes;
using IstioAdmin.Core.Mesh.Remotes;

namespace IstioAdmin.Commands;

/// <summary>The base of the cmdlets that change which clusters a mesh has taken in.</summary>
public abstract class RemoteCommand : PlannedMeshCommand
{
    /// <summary>Name of the mesh's resource, where the cluster has several meshes.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(IstioMeshCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Mesh { get; set; }

    /// <summary>The operator of the mesh, where a cluster has several.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Operator")]
    [ValidateSet("Banzai", "Cisco", "Sail")]
    public virtual string? Distribution { get; set; }

    /// <summary>Asks about each step that writes, in both clusters; null when nothing may be done.</summary>
    private protected RemotePlan? Approve(RemotePlan plan)
    {
        bool writes = plan.Writes;
        RemotePlan approved = plan.Approve((MeshCluster cluster, ChangeStep step) => ShouldProcess($"{step.Target} on {cluster.Name} ({cluster.Server})", $"{step.Action}"));
        return IsWhatIf || (writes && !approved.Writes) ? null : approved;
    }
}
