using System.Management.Automation;
using IstioAdmin.Clusters;
using IstioAdmin.Completion;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Listing;
using IstioAdmin.Core.Mesh.Injection;

namespace IstioAdmin.Commands;

/// <summary>The base of the cmdlets that switch injection on and off.</summary>
public abstract class InjectionCommand : PipedClusterCommand
{
    /// <summary>Namespaces, with wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ByName)]
    [Parameter(Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ByObject)]
    [Parameter(Position = 0, ParameterSetName = ByCluster)]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Namespace { get; set; } = [];

    /// <inheritdoc/>
    [Parameter(ParameterSetName = ByName)]
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ByObject)]
    [ConnectedCluster]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    [SupportsWildcards]
    public override MeshCluster[]? Cluster { get; set; }

    /// <summary>A cluster from the pipeline; a text from there names a namespace.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ByCluster)]
    public override MeshCluster[]? InputCluster { get; set; }

    /// <summary>What is wanted.</summary>
    private protected abstract InjectionOrder Order { get; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel)
    {
        RequireTyped(Namespace.Length > 0, nameof(Namespace));
        NamePattern[] patterns = [.. Namespace.Select(NamePattern.Parse)];
        return ForEachClusterAsync(async (cluster, cancel) =>
        {
            foreach (string ns in await NamesAsync(cluster, patterns, cancel))
            {
                try
                {
                    await ChangeAsync(cluster, ns, cancel);
                }
                catch (Exception e) when (e is not PipelineStoppedException && !cancel.IsCancellationRequested)
                {
                    WriteFailure(e, ns);
                }
            }
        }, cancel);
    }

    private async Task ChangeAsync(MeshCluster cluster, string ns, CancellationToken cancel)
    {
        InjectionPlan plan = await NamespaceLabels.PlanAsync(cluster, ns, Order, Reporter, cancel);
        if (!plan.Writes || ShouldProcess($"Namespace {ns} on {cluster.Server}", $"Label {plan.Description}"))
            WriteObject(await NamespaceLabels.RunAsync(cluster, plan, Reporter, cancel));
    }

    private static async Task<IReadOnlyList<string>> NamesAsync(MeshCluster cluster, NamePattern[] patterns, CancellationToken cancel)
    {
        if (!Array.Exists(patterns, pattern => pattern.HasWildcards))
            return [.. patterns.Select(pattern => pattern.Text).Distinct()];
        IReadOnlyList<string> all = await KubeNamespaces.ListNamesAsync(cluster.Client, cancel);
        return [.. patterns.SelectMany(pattern => pattern.HasWildcards ? all.Where(pattern.IsMatch) : [pattern.Text]).Distinct()];
    }
}
