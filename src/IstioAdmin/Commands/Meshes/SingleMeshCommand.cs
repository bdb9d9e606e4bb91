using System.Management.Automation;
using IstioAdmin.Completion;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Commands;

/// <summary>The base of cmdlets that are about one mesh, and wait for it.</summary>
public abstract class SingleMeshCommand : TimedMeshCommand
{
    /// <summary>Name of the mesh; the only one by default.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = ByName)]
    [Parameter(Position = 0, ParameterSetName = ByCluster)]
    [ArgumentCompleter(typeof(IstioMeshCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>Namespace of its control plane.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ByName)]
    [Parameter(ParameterSetName = ByCluster)]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Namespace { get; set; }

    /// <summary>Its operator, where a cluster has several.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Operator")]
    [ValidateSet("Banzai", "Cisco", "Sail")]
    public string? Distribution { get; set; }

    /// <summary>The mesh that the parameters name, or the only one.</summary>
    private protected Task<IstioMesh> FindAsync(MeshCluster cluster, CancellationToken cancel) =>
        IstioMeshes.FindAsync(cluster, Name, Namespace, MeshArguments.Kind(Distribution), cancel);
}
