using System.Management.Automation;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Mesh.Waiting;

namespace IstioAdmin.Commands;

/// <summary>Waits until a mesh is as its resource wants it.</summary>
[Cmdlet(VerbsLifecycle.Wait, "IstioMesh", DefaultParameterSetName = ByName), OutputType(typeof(IstioMesh))]
public sealed class WaitIstioMeshCommand : SingleMeshCommand
{
    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel) => ForEachClusterAsync(async (cluster, cancel) =>
    {
        IstioMesh mesh = await FindAsync(cluster, cancel);
        WriteObject(await MeshWait.UntilAppliedAsync(cluster, mesh, Patience, Reporter, cancel));
    }, cancel);
}
