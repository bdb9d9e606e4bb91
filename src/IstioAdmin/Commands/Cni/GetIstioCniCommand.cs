using System.Management.Automation;
using IstioAdmin.Completion;
using IstioAdmin.Core.Cni;

namespace IstioAdmin.Commands;

/// <summary>Gets where the meshes of a cluster stand between istio-init and the CNI plugin, node by node.</summary>
[Cmdlet(VerbsCommon.Get, "IstioCni"), OutputType(typeof(IstioCni))]
public sealed class GetIstioCniCommand : MeshCommand
{
    /// <summary>Names of the operators' resources, with wildcards; all by default.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
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
            foreach (IstioCni state in await CniReading.ReadAsync(cluster, wants, Reporter, cancel))
                WriteObject(state);
        }, cancel);
    }
}
