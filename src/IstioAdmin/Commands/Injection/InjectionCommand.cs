using System.Management.Automation;
using IstioAdmin.Completion;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Listing;
using IstioAdmin.Core.Mesh.Injection;

namespace IstioAdmin.Commands;

/// <summary>The base of the cmdlets that switch injection on and off.</summary>
public abstract class InjectionCommand : MeshCommand
{
    /// <summary>Namespaces, with wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Namespace { get; set; } = [];

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Clusters.ConnectedCluster]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    [SupportsWildcards]
    public override MeshCluster[]? Cluster { get; set; }

    /// <summary>What is wanted.</summary>
    private protected abstract InjectionOrder Order { get; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel)
    {
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
