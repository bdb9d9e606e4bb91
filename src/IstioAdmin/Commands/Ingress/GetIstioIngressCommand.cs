using System.Management.Automation;
using IstioAdmin.Completion;
using IstioAdmin.Core.Mesh.Ingress;

namespace IstioAdmin.Commands;

/// <summary>Gets the ingress gateways of a mesh: where they can be reached, what they let in, and where it goes.</summary>
[Cmdlet(VerbsCommon.Get, "IstioIngress", DefaultParameterSetName = ByName), OutputType(typeof(MeshIngress))]
public sealed class GetIstioIngressCommand : PipedClusterCommand
{
    /// <summary>Names of Services, with wildcards; all by default.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = ByName)]
    [Parameter(Position = 0, ParameterSetName = ByCluster)]
    [ArgumentCompleter(typeof(IstioIngressCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[]? Name { get; set; }

    /// <summary>Namespaces, with wildcards; all by default.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ByName)]
    [Parameter(ParameterSetName = ByCluster)]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[]? Namespace { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel)
    {
        var lookup = new IngressLookup(Name, Namespace);
        return ForEachClusterAsync(async (cluster, cancel) =>
        {
            IReadOnlyList<MeshIngress> found = await lookup.ListAsync(cluster, Reporter, cancel);
            WriteObject(found, enumerateCollection: true);
            foreach (NamePattern missing in lookup.Missing(found))
                WriteFailure(IngressLookup.NotFound(cluster, missing.Text, Namespace), missing.Text);
        }, cancel);
    }
}
