using System.Management.Automation;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Mesh.Changes;

namespace IstioAdmin.Commands;

/// <summary>Changes what is named of a mesh, leaves the rest as it is, and waits until the change is done.</summary>
[Cmdlet(VerbsCommon.Set, "IstioMesh", SupportsShouldProcess = true, DefaultParameterSetName = ByName), OutputType(typeof(IstioMesh), typeof(string))]
public sealed class SetIstioMeshCommand : MeshChangeCommand
{
    /// <inheritdoc/>
    private protected override async Task<MeshChange> PlanAsync(MeshCluster cluster, MeshOrder order, CancellationToken cancel)
    {
        IstioMesh mesh = await IstioMeshes.FindAsync(cluster, order.Name ?? order.Spec?.Name, order.Namespace, order.Operator, cancel);
        return await MeshPlanner.PlanSetAsync(cluster, mesh, order, Reporter, cancel);
    }
}
