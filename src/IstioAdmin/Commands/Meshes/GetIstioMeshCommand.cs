using System.Management.Automation;
using IstioAdmin.Completion;
using IstioAdmin.Core;
using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Commands;

/// <summary>Gets the meshes that operators run, or their resources as YAML.</summary>
[Cmdlet(VerbsCommon.Get, "IstioMesh", DefaultParameterSetName = ByName), OutputType(typeof(IstioMesh), typeof(string))]
public sealed class GetIstioMeshCommand : PipedClusterCommand
{
    /// <summary>Names, with wildcards; all by default.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = ByName)]
    [Parameter(Position = 0, ParameterSetName = ByCluster)]
    [ArgumentCompleter(typeof(IstioMeshCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[]? Name { get; set; }

    /// <summary>Namespaces of control planes, with wildcards; all by default.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ByName)]
    [Parameter(ParameterSetName = ByCluster)]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[]? Namespace { get; set; }

    /// <summary>Those of one operator only.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Operator")]
    [ValidateSet("Banzai", "Cisco", "Sail")]
    public string? Distribution { get; set; }

    /// <summary>The resources as YAML, without status and bookkeeping, ready to be applied elsewhere.</summary>
    [Parameter]
    public SwitchParameter AsYaml { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel)
    {
        NamePattern[]? names = Name?.Select(NamePattern.Parse).ToArray();
        NamePattern[]? namespaces = Namespace?.Select(NamePattern.Parse).ToArray();
        return ForEachClusterAsync(async (cluster, cancel) =>
        {
            IReadOnlyList<IstioMesh> all = await IstioMeshes.ListAsync(cluster, MeshArguments.Kind(Distribution), cancel);
            IstioMesh[] found = [.. all.Where(mesh => Matches(names, mesh.Name) && Matches(namespaces, mesh.Namespace))];
            foreach (IstioMesh mesh in found)
                WriteObject(AsYaml ? mesh.ToYaml().TrimEnd('\n') : mesh);
            foreach (NamePattern missing in (names ?? []).Where(name => !name.HasWildcards && !found.Any(mesh => name.IsMatch(mesh.Name))))
            {
                WriteFailure(new MeshException("MeshNotFound", FailureKind.NotFound,
                    $"{cluster.Server} has no mesh '{missing.Text}'{(all.Count == 0 ? "" : $". It has {string.Join(", ", all)}")}.",
                    "Get-IstioMesh without a name shows what there is; New-IstioMesh creates one.", missing.Text), missing.Text);
            }
        }, cancel);
    }

    private static bool Matches(NamePattern[]? patterns, string text) => patterns is null || Array.Exists(patterns, pattern => pattern.IsMatch(text));
}
