using System.Management.Automation;
using IstioAdmin.Clusters;
using IstioAdmin.Completion;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh.Ingress;

namespace IstioAdmin.Commands;

/// <summary>Gets the ingress gateways of a mesh: where they can be reached, what they let in, and where it goes.</summary>
[Cmdlet(VerbsCommon.Get, "IstioIngress", DefaultParameterSetName = ByName), OutputType(typeof(MeshIngress))]
public sealed class GetIstioIngressCommand : MeshCommand
{
    private const string ByName = "Name";
    private const string ByCluster = "Cluster";

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
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ByName)]
    [ConnectedCluster]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    [SupportsWildcards]
    public override MeshCluster[]? Cluster { get; set; }

    /// <summary>A cluster from the pipeline.</summary>
    /// <remarks>A parameter of its own, in a set of its own: a cluster has a Name and a Namespace too, which must not be taken for a gateway's.</remarks>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ByCluster)]
    public MeshCluster? InputObject { get; set; }

    /// <inheritdoc/>
    protected override IReadOnlyList<MeshCluster> Clusters => InputObject is { } piped ? [piped] : base.Clusters;

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
