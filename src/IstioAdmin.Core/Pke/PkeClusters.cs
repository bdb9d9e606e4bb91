using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Pke;

/// <summary>Reads an organization's clusters.</summary>
public static class PkeClusters
{
    // Each cluster of a list is asked for its details; so many at once.
    private const int AtOnce = 6;

    /// <summary>All clusters, by what the list tells: without their node pools in most versions of Pipeline.</summary>
    /// <exception cref="PipelineException">They cannot be read.</exception>
    public static async Task<IReadOnlyList<PkeCluster>> ListAsync(PipelineConnection pipeline, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        string about = $"list the clusters of '{pipeline.Organization}'";
        JsonArray answer = await pipeline.Client.ListAsync(pipeline.Path("clusters"), about, cancel).ConfigureAwait(false);
        return [.. answer.Select(item => PkeReading.Cluster(pipeline, item, about))];
    }

    /// <summary>Clusters with everything that Pipeline tells of each.</summary>
    /// <param name="pipeline">Where to look.</param>
    /// <param name="wanted">Which of those that there are.</param>
    /// <param name="reporter">Hears of clusters whose details cannot be had; they come with what the list tells.</param>
    /// <param name="cancel">Cancels reading.</param>
    /// <exception cref="PipelineException">They cannot be read.</exception>
    public static async Task<IReadOnlyList<PkeCluster>> ListDetailedAsync(
        PipelineConnection pipeline, Func<PkeCluster, bool> wanted, IReporter reporter, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        ArgumentNullException.ThrowIfNull(reporter);
        PkeCluster[] found = [.. (await ListAsync(pipeline, cancel).ConfigureAwait(false)).Where(wanted)];
        var detailed = new PkeCluster?[found.Length];
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancel };
        await Parallel.ForAsync(0, found.Length, options, async (index, token) =>
        {
            try
            {
                detailed[index] = await GetAsync(pipeline, found[index].Id, token).ConfigureAwait(false);
            }
            catch (PipelineException e) when (e.ErrorId == "PipelineNotFound")
            {
                // Gone since the list was made.
            }
            catch (PipelineException e) when (e.ErrorId is "PkeClusterNotReady" or "PipelineFailed" or "PipelineConflict")
            {
                reporter.Detail($"{e.Message.TrimEnd('.')}. What the list tells of it is shown.");
                detailed[index] = found[index];
            }
        }).ConfigureAwait(false);
        return [.. detailed.OfType<PkeCluster>()];
    }

    /// <summary>One cluster.</summary>
    /// <exception cref="PipelineException">There is none of that number (<c>PipelineNotFound</c>), it is too young to be asked (<c>PkeClusterNotReady</c>), or another failure.</exception>
    public static async Task<PkeCluster> GetAsync(PipelineConnection pipeline, long id, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        string about = FormattableString.Invariant($"get cluster {id}");
        JsonNode? answer = await pipeline.Client.GetAsync(pipeline.Path(FormattableString.Invariant($"clusters/{id}")), about, timeout: null, cancel).ConfigureAwait(false);
        return PkeReading.Cluster(pipeline, answer, about);
    }

    /// <summary>One cluster, with as much as there is: of one that is too young to be asked, what the list tells.</summary>
    /// <exception cref="PipelineException">There is none of that number (<c>PkeClusterNotFound</c>), or another failure.</exception>
    public static async Task<PkeCluster> FindAsync(PipelineConnection pipeline, long id, CancellationToken cancel)
    {
        try
        {
            return await GetAsync(pipeline, id, cancel).ConfigureAwait(false);
        }
        catch (PipelineException e) when (e.ErrorId == "PipelineNotFound")
        {
            throw NotFound(pipeline, FormattableString.Invariant($"of number {id}"), id, e);
        }
        catch (PipelineException e) when (e.ErrorId == "PkeClusterNotReady")
        {
            return (await ListAsync(pipeline, cancel).ConfigureAwait(false)).FirstOrDefault(cluster => cluster.Id == id)
                ?? throw NotFound(pipeline, FormattableString.Invariant($"of number {id}"), id, e);
        }
    }

    /// <summary>The cluster of a name; null when there is none.</summary>
    /// <exception cref="PipelineException">It cannot be read.</exception>
    public static async Task<PkeCluster?> TryFindAsync(PipelineConnection pipeline, string name, CancellationToken cancel)
    {
        PkeCluster? listed = (await ListAsync(pipeline, cancel).ConfigureAwait(false)).FirstOrDefault(cluster => cluster.Name == name);
        if (listed is null)
            return null;
        try
        {
            return await GetAsync(pipeline, listed.Id, cancel).ConfigureAwait(false);
        }
        catch (PipelineException e) when (e.ErrorId == "PkeClusterNotReady")
        {
            return listed;
        }
        catch (PipelineException e) when (e.ErrorId == "PipelineNotFound")
        {
            return null;
        }
    }

    /// <summary>The failure for a name that no cluster has.</summary>
    public static PipelineException NotFound(PipelineConnection pipeline, string which, object target, Exception? cause = null)
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        return new PipelineException("PkeClusterNotFound", FailureKind.NotFound, $"Organization '{pipeline.Organization}' has no cluster {which}.",
            "Get-PkeCluster lists those that there are.", target, cause);
    }
}
