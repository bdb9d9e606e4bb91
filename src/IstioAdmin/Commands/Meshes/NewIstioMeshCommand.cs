using System.Management.Automation;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Mesh.Changes;

namespace IstioAdmin.Commands;

/// <summary>Creates a mesh through the operator that is installed, and waits until it is there.</summary>
[Cmdlet(VerbsCommon.New, "IstioMesh", SupportsShouldProcess = true, DefaultParameterSetName = ByName), OutputType(typeof(IstioMesh), typeof(string))]
public sealed class NewIstioMeshCommand : MeshChangeCommand
{
    /// <inheritdoc/>
    private protected override Task<MeshChange> PlanAsync(MeshCluster cluster, MeshOrder order, CancellationToken cancel) =>
        MeshPlanner.PlanNewAsync(cluster, order, Reporter, cancel);
}
