using System.Management.Automation;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Mesh.Changes;

namespace IstioAdmin.Commands;

/// <summary>Removes a mesh, and waits until its operator has let it go.</summary>
[Cmdlet(VerbsCommon.Remove, "IstioMesh", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = ByName), OutputType(typeof(IstioMesh))]
public sealed class RemoveIstioMeshCommand : SingleMeshCommand
{
    /// <summary>Return as soon as the request is accepted.</summary>
    [Parameter]
    public SwitchParameter NoWait { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel) => ForEachClusterAsync(async (cluster, cancel) =>
    {
        IstioMesh mesh = await FindAsync(cluster, cancel);
        if (ShouldProcess($"{mesh.Operator} mesh {mesh} on {cluster.Server}", "Remove"))
            WriteObject(await MeshRemoval.RemoveAsync(cluster, mesh, NoWait ? null : Patience, Reporter, cancel));
    }, cancel);
}
