using System.Management.Automation;
using IstioAdmin.Completion;
using IstioAdmin.Core;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Mesh.Remotes;

namespace IstioAdmin.Commands;

/// <summary>Gets the clusters that meshes have taken in.</summary>
[Cmdlet(VerbsCommon.Get, "IstioRemoteCluster", DefaultParameterSetName = ByName), OutputType(typeof(IstioRemoteCluster))]
public sealed class GetIstioRemoteClusterCommand : PipedClusterCommand
{
    /// <summary>Names, with wildcards; all by default.</summary>
    [Parameter(Position = 0)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[]? Name { get; set; }

    /// <summary>Name of the mesh's resource; all meshes by default.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(IstioMeshCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Mesh { get; set; }

    /// <summary>Namespace of the mesh; all by default.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ByName)]
    [Parameter(ParameterSetName = ByCluster)]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Namespace { get; set; }

    /// <summary>Those of meshes of one operator only.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Operator")]
    [ValidateSet("Banzai", "Cisco", "Sail")]
    public string? Distribution { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel)
    {
        NamePattern[]? names = Name?.Select(NamePattern.Parse).ToArray();
        return ForEachClusterAsync(async (cluster, cancel) =>
        {
            IReadOnlyList<IstioMesh> meshes = await IstioMeshes.ListAsync(cluster, MeshArguments.Kind(Distribution), cancel);
            List<IstioRemoteCluster> found = [];
            // Several revisions in one namespace share what leads to other clusters.
            foreach (IstioMesh mesh in meshes.Where(mesh => (Mesh is null || mesh.Name == Mesh) && (Namespace is null || mesh.Namespace == Namespace)).DistinctBy(mesh => (mesh.Operator, mesh.Namespace)))
                found.AddRange(await IstioRemotes.ListAsync(cluster, mesh, cancel));
            foreach (IstioRemoteCluster remote in found.Where(remote => names is null || Array.Exists(names, name => name.IsMatch(remote.Name))))
                WriteObject(remote);
            foreach (NamePattern missing in (names ?? []).Where(name => !name.HasWildcards && !found.Any(remote => name.IsMatch(remote.Name))))
                WriteFailure(NotFound(cluster.Server, missing.Text, found), missing.Text);
        }, cancel);
    }

    internal static MeshException NotFound(Uri server, string name, IReadOnlyList<IstioRemoteCluster> found) => new("RemoteNotFound", FailureKind.NotFound,
        $"No mesh on {server} has taken in a cluster '{name}'{(found.Count == 0 ? "" : $". There is {string.Join(", ", found)}")}.",
        "Get-IstioRemoteCluster without a name shows what there is; Add-IstioRemoteCluster takes a cluster in.", name);
}
