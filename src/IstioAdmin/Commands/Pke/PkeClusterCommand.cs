using System.Management.Automation;
using IstioAdmin.Completion;
using IstioAdmin.Core.Pke;

namespace IstioAdmin.Commands;

/// <summary>The base of cmdlets that work on PKE clusters: by name with wildcards, by number, or as objects.</summary>
public abstract class PkeClusterCommand : PipelineCommand
{
    private protected const string ByName = "Name";
    private protected const string ById = "Id";
    private protected const string ByObject = "Cluster";

    /// <summary>Names, with wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = ByName)]
    [ArgumentCompleter(typeof(PkeClusterCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public virtual string[] Name { get; set; } = [];

    /// <summary>Numbers by which Pipeline knows them.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ById)]
    [ValidateRange(1, long.MaxValue)]
    public long[] Id { get; set; } = [];

    /// <summary>Clusters, as Get-PkeCluster returns them.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ByObject)]
    [ValidateNotNull]
    public PkeCluster[] Cluster { get; set; } = [];

    /// <summary>Works on each cluster that was named, as it is now; one that fails becomes an error about that cluster, and the others still get their turn.</summary>
    private protected async Task ForEachClusterAsync(Func<PkeCluster, CancellationToken, Task> work, CancellationToken cancel)
    {
        switch (ParameterSetName)
        {
            case ByObject:
                foreach (PkeCluster cluster in Cluster)
                    await TryAsync(cluster, async () => await work(await PkeClusters.FindAsync(cluster.Pipeline, cluster.Id, cancel), cancel), cancel);
                break;
            case ById:
                foreach (long id in Id)
                    await TryAsync(id, async () => await work(await PkeClusters.FindAsync(RequirePipeline(), id, cancel), cancel), cancel);
                break;
            default:
                foreach (string name in Name)
                {
                    await TryAsync(name, async () =>
                    {
                        foreach (PkeCluster cluster in await FindAsync(name, cancel))
                            await TryAsync(cluster, () => work(cluster, cancel), cancel);
                    }, cancel);
                }
                break;
        }
    }

    private async Task<IReadOnlyList<PkeCluster>> FindAsync(string name, CancellationToken cancel)
    {
        PipelineConnection pipeline = RequirePipeline();
        var pattern = NamePattern.Parse(name);
        if (pattern.HasWildcards)
            return await PkeClusters.ListDetailedAsync(pipeline, cluster => pattern.IsMatch(cluster.Name), Reporter, cancel);
        return [await PkeClusters.TryFindAsync(pipeline, pattern.Text, cancel) ?? throw PkeClusters.NotFound(pipeline, $"'{pattern.Text}'", pattern.Text)];
    }

    private async Task TryAsync(object target, Func<Task> work, CancellationToken cancel)
    {
        try
        {
            await work();
        }
        catch (Exception e) when (e is not PipelineStoppedException && !cancel.IsCancellationRequested)
        {
            WriteFailure(e, target);
        }
    }
}
