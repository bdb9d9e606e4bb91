using System.Management.Automation;
using IstioAdmin.Completion;
using IstioAdmin.Core;
using IstioAdmin.Core.Cni;

namespace IstioAdmin.Commands;

/// <summary>Gets where the meshes of a cluster stand between istio-init and the CNI plugin, node by node.</summary>
[Cmdlet(VerbsCommon.Get, "IstioCni", DefaultParameterSetName = ByName), OutputType(typeof(IstioCni))]
public sealed class GetIstioCniCommand : PipedClusterCommand
{
    /// <summary>Names of the operators' resources, with wildcards; all by default.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = ByName)]
    [Parameter(Position = 0, ParameterSetName = ByCluster)]
    [ArgumentCompleter(typeof(IstioMeshCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel)
    {
        NamePattern[] names = [.. Name.Select(NamePattern.Parse)];
        return ForEachClusterAsync(async (cluster, cancel) =>
        {
            Func<string, bool>? wants = names.Length == 0 ? null : name => Array.Exists(names, pattern => pattern.IsMatch(name));
            IReadOnlyList<IstioCni> found = await CniReading.ReadAsync(cluster, wants, Reporter, cancel);
            foreach (IstioCni state in found)
                WriteObject(state);
            foreach (NamePattern missing in names.Where(name => !name.HasWildcards && !found.Any(state => name.IsMatch(state.Name))))
            {
                WriteFailure(new MeshException("MeshNotFound", FailureKind.NotFound, $"{cluster.Server} has no mesh '{missing.Text}', and no CNI agents of that name.",
                    "Get-IstioCni without a name shows what there is.", missing.Text), missing.Text);
            }
        }, cancel);
    }
}
