using System.Management.Automation;
using IstioAdmin.Completion;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Mesh.Waiting;

namespace IstioAdmin.Commands;

/// <summary>Waits until a mesh is as its resource wants it.</summary>
[Cmdlet(VerbsLifecycle.Wait, "IstioMesh"), OutputType(typeof(IstioMesh))]
public sealed class WaitIstioMeshCommand : MeshCommand
{
    /// <summary>Name of the mesh; the only one by default.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(IstioMeshCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>Namespace of its control plane.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Namespace { get; set; }

    /// <summary>Its operator, where a cluster has several.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Operator")]
    [ValidateSet("Banzai", "Cisco", "Sail")]
    public string? Distribution { get; set; }

    /// <summary>Seconds to wait; like every -Timeout of this module.</summary>
    [Parameter]
    [ValidateRange(1, 86400)]
    public int Timeout { get; set; } = 300;

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel) => ForEachClusterAsync(async (cluster, cancel) =>
    {
        IstioMesh mesh = await IstioMeshes.FindAsync(cluster, Name, Namespace, MeshArguments.Kind(Distribution), cancel);
        WriteObject(await MeshWait.UntilAppliedAsync(cluster, mesh, TimeSpan.FromSeconds(Timeout), Reporter, cancel));
    }, cancel);
}
