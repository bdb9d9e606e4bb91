using System.Management.Automation;
using IstioAdmin.Completion;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Mesh.Changes;

namespace IstioAdmin.Commands;

/// <summary>Removes a mesh, and waits until its operator has let it go.</summary>
[Cmdlet(VerbsCommon.Remove, "IstioMesh", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High), OutputType(typeof(IstioMesh))]
public sealed class RemoveIstioMeshCommand : WaitingMeshCommand
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

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel) => ForEachClusterAsync(async (cluster, cancel) =>
    {
        IstioMesh mesh = await IstioMeshes.FindAsync(cluster, Name, Namespace, MeshArguments.Kind(Distribution), cancel);
        if (ShouldProcess($"{mesh.Operator} mesh {mesh} on {cluster.Server}", "Remove"))
            WriteObject(await MeshRemoval.RemoveAsync(cluster, mesh, NoWait ? null : Patience, Reporter, cancel));
    }, cancel);
}
