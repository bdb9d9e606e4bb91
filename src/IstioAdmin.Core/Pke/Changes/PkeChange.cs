using System.Text.Json.Nodes;
using IstioAdmin.Core.Pke.Requests;

namespace IstioAdmin.Core.Pke.Changes;

/// <summary>Changes clusters.</summary>
public static class PkeChange
{
    /// <summary>The pools that a cluster is to have after a change.</summary>
    /// <param name="cluster">The cluster, with its pools.</param>
    /// <param name="changed">Pools to add, or to change when the cluster has one of that name.</param>
    /// <param name="removed">Names of pools to remove.</param>
    /// <exception cref="MeshException">
    /// The change cannot be made: <c>PkeRequestInvalid</c>, <c>PkeNodePoolNotFound</c>, or <c>PkeClusterNotReady</c> of a cluster that does not tell its pools.
    /// </exception>
    public static IReadOnlyList<PkeNodePool> Plan(PkeCluster cluster, IReadOnlyList<PkeNodePool> changed, IReadOnlyList<string> removed)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(changed);
        ArgumentNullException.ThrowIfNull(removed);
        RequirePools(cluster);
        foreach (string name in removed)
        {
            PkeNodePool pool = Find(cluster, name);
            if (pool.IsMaster || pool.Name == "master")
            {
                throw new MeshException("PkeRequestInvalid", FailureKind.InvalidInput, $"Node pool '{name}' carries the control plane of cluster '{cluster.Name}'; it cannot be removed.",
                    "Remove the whole cluster with Remove-PkeCluster.", name);
            }
            if (changed.Any(other => other.Name == name))
                throw new MeshException("PkeRequestInvalid", FailureKind.InvalidInput, $"Node pool '{name}' is to be both changed and removed.", "Say one of them.", name);
        }
        if (changed.FirstOrDefault(pool => pool.Name == "master" && cluster.NodePools.Any(existing => existing.Name == "master" && Changes(existing, pool))) is { } master)
        {
            throw new MeshException("PkeRequestInvalid", FailureKind.InvalidInput, $"The number of machines of the control plane of cluster '{cluster.Name}' cannot be changed.",
                "Create another cluster with a control plane of that size.", master);
        }
        List<PkeNodePool> pools = [.. cluster.NodePools.Where(pool => !removed.Contains(pool.Name)).Select(pool => changed.FirstOrDefault(other => other.Name == pool.Name) ?? pool)];
        pools.AddRange(changed.Where(pool => cluster.NodePools.All(existing => existing.Name != pool.Name)));
        PkeOrderCheck.CheckChanged(cluster, pools, changed);
        if (pools.Count == 0)
            throw new MeshException("PkeRequestInvalid", FailureKind.InvalidInput, $"Cluster '{cluster.Name}' would have no node pool left.", "Remove the whole cluster with Remove-PkeCluster.", cluster);
        return pools;
    }

    /// <summary>A pool of a cluster with another size.</summary>
    /// <exception cref="MeshException">There is no such pool (<c>PkeNodePoolNotFound</c>).</exception>
    public static PkeNodePool Scaled(PkeCluster cluster, string name, int? count, int? min, int? max, bool? autoscaling)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        RequirePools(cluster);
        PkeNodePool pool = Find(cluster, name);
        bool scales = autoscaling ?? pool.Autoscaling;
        int wanted = count ?? Math.Clamp(pool.Count ?? 1, min ?? 0, Math.Max(min ?? 0, max ?? int.MaxValue));
        return pool with
        {
            Autoscaling = scales,
            Count = wanted,
            // Without the autoscaler the limits are what the cloud's group keeps, and follow the number.
            MinCount = min ?? (scales ? Math.Min(pool.MinCount ?? wanted, wanted) : wanted),
            MaxCount = max ?? (scales ? Math.Max(pool.MaxCount ?? wanted, wanted) : wanted),
        };
    }

    /// <summary>What a change of pools comes to, in words; empty when it changes nothing.</summary>
    public static IReadOnlyList<string> Describe(PkeCluster cluster, IReadOnlyList<PkeNodePool> pools)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(pools);
        var words = new List<string>();
        foreach (PkeNodePool gone in cluster.NodePools.Where(pool => pools.All(other => other.Name != pool.Name)))
            words.Add($"remove node pool '{gone.Name}'");
        foreach (PkeNodePool pool in pools)
        {
            PkeNodePool? existing = cluster.NodePools.FirstOrDefault(other => other.Name == pool.Name);
            if (existing is null)
                words.Add($"add node pool '{pool.Name}' ({Size(pool)}{(pool.InstanceType is { } type ? $" {type}" : "")})");
            else if (Changes(existing, pool))
                words.Add($"change node pool '{pool.Name}' from {Size(existing)} to {Size(pool)}");
        }
        return words;
    }

    /// <summary>Sets a cluster's pools.</summary>
    /// <param name="cluster">The cluster, with its pools as they are.</param>
    /// <param name="pools">All pools that it is to have: one that is missing is removed.</param>
    /// <param name="reporter">Hears what could not be checked.</param>
    /// <param name="cancel">Cancels the request.</param>
    /// <exception cref="MeshException">Pipeline refuses the change, or could not be reached.</exception>
    public static async Task SetPoolsAsync(PkeCluster cluster, IReadOnlyList<PkeNodePool> pools, IReporter reporter, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(pools);
        PkeCloud cloud = PkeCloud.Named(cluster.Cloud);
        PkeNodePool[] added = [.. pools.Where(pool => cluster.NodePools.All(existing => existing.Name != pool.Name))];
        await CloudCheck.CheckPoolsAsync(cluster.Pipeline, cluster, added, reporter, cancel).ConfigureAwait(false);
        IReadOnlyList<PkeNodePool> complete = cloud.Type is null ? pools : await WithRolesAsync(cluster, pools, cancel).ConfigureAwait(false);
        await cluster.Pipeline.Client.SendAsync(HttpMethod.Put, cluster.Path, cloud.Update(complete), $"change the node pools of cluster '{cluster.Name}'", cancel).ConfigureAwait(false);
    }

    /// <summary>Checks a version to upgrade to.</summary>
    /// <remarks>Kubernetes documentation, "Upgrading kubeadm clusters": there is no way back to an older version.</remarks>
    /// <exception cref="MeshException">It is no version, or older than the cluster's (<c>PkeRequestInvalid</c>).</exception>
    public static void CheckVersion(PkeCluster cluster, string version)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        var problems = new Problems();
        problems.AddIf(!PkeNames.IsVersion(version), $"'{version}' is not a version of Kubernetes such as 1.15.3");
        problems.AddIf(PkeNames.IsOlder(version, cluster.Version), $"it has version {cluster.Version}, and Kubernetes cannot go back to {version}");
        problems.ThrowIfAny($"Cluster '{cluster.Name}'", cluster.Name, "upgraded");
    }

    /// <summary>Changes the version of Kubernetes.</summary>
    /// <exception cref="MeshException">The version will not do (<see cref="CheckVersion"/>), Pipeline refuses the change, or could not be reached.</exception>
    public static Task UpgradeAsync(PkeCluster cluster, string version, CancellationToken cancel)
    {
        CheckVersion(cluster, version);
        return cluster.Pipeline.Client.SendAsync(
            HttpMethod.Put, $"{cluster.Path}/update", new JsonObject { ["version"] = version }, $"upgrade cluster '{cluster.Name}' to {version}", cancel);
    }

    /// <summary>Whether a cluster has that version already.</summary>
    public static bool IsVersion(PkeCluster cluster, string version)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        return PkeNames.Plain(cluster.Version) == PkeNames.Plain(version);
    }

    /// <summary>Runs post hooks again.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="hooks">Names of hooks, each with its parameters or null.</param>
    /// <param name="cancel">Cancels the request.</param>
    /// <exception cref="PipelineException">Pipeline refuses, or could not be reached.</exception>
    public static Task RunPostHooksAsync(PkeCluster cluster, JsonObject hooks, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        return cluster.Pipeline.Client.SendAsync(HttpMethod.Put, $"{cluster.Path}/posthooks", hooks, $"run post hooks of cluster '{cluster.Name}'", cancel);
    }

    /// <summary>Deletes a cluster.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="force">Go on in spite of errors, and of work that is under way.</param>
    /// <param name="cancel">Cancels the request.</param>
    /// <exception cref="PipelineException">Pipeline refuses, or could not be reached.</exception>
    public static async Task DeleteAsync(PkeCluster cluster, bool force, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        try
        {
            await cluster.Pipeline.Client.SendAsync(
                HttpMethod.Delete, force ? $"{cluster.Path}?force=true" : cluster.Path, body: null, $"delete cluster '{cluster.Name}'", cancel).ConfigureAwait(false);
        }
        catch (PipelineException e) when (e.ErrorId == "PipelineNotFound")
        {
            // Somebody else was faster.
        }
        catch (PipelineException e) when (e.Kind == FailureKind.Conflict && !force)
        {
            throw new PipelineException(e.ErrorId, e.Kind, e.Message, "Wait until Pipeline is done with it (Wait-PkeCluster), or delete it in spite of that with -Force.", cluster, e, e.StatusCode, e.Error);
        }
    }

    /// <summary>
    /// The second form of requests wants the roles of all pools, but Pipeline does not tell them; the nodes' labels do. They decide nothing
    /// for a pool that is there (banzaicloud/pipeline <c>internal/providers/azure/pke/driver/cluster_updater.go</c>, sortNodePools).
    /// </summary>
    private static async Task<IReadOnlyList<PkeNodePool>> WithRolesAsync(PkeCluster cluster, IReadOnlyList<PkeNodePool> pools, CancellationToken cancel)
    {
        if (pools.All(pool => pool.Roles.Count > 0))
            return pools;
        IReadOnlyList<PkeNode> nodes = await PkeDetails.NodesAsync(cluster, cancel).ConfigureAwait(false);
        HashSet<string?> masters = [.. nodes.Where(node => node.IsMaster && node.NodePool is not null).Select(node => node.NodePool)];
        // Without labels there is the name that everybody gives to the pool of the control plane.
        if (masters.Count == 0)
            masters = cluster.NodePools.Count == 1 ? [cluster.NodePools[0].Name] : ["master"];
        return [.. pools.Select(pool => pool.Roles.Count > 0 ? pool : pool with { Roles = [masters.Contains(pool.Name) ? "master" : "worker"] })];
    }

    private static void RequirePools(PkeCluster cluster)
    {
        if (cluster.NodePools.Count == 0)
        {
            throw new MeshException("PkeClusterNotReady", FailureKind.Conflict, $"Pipeline does not tell the node pools of cluster '{cluster.Name}' ({cluster.StatusText}).",
                $"Wait until it runs: {Waiting.PkeWait.Resume(cluster)}", cluster);
        }
    }

    private static PkeNodePool Find(PkeCluster cluster, string name) => cluster.NodePools.FirstOrDefault(pool => pool.Name == name) ?? throw new MeshException(
        "PkeNodePoolNotFound", FailureKind.NotFound, $"Cluster '{cluster.Name}' has no node pool '{name}', but {string.Join(", ", cluster.NodePools.Select(pool => $"'{pool.Name}'"))}.",
        "Name one of these.", name);

    private static bool Changes(PkeNodePool existing, PkeNodePool wanted) =>
        existing.Autoscaling != wanted.Autoscaling
        || (wanted.Count is { } count && count != existing.Count)
        || (wanted.Autoscaling && ((wanted.MinCount is { } min && min != existing.MinCount) || (wanted.MaxCount is { } max && max != existing.MaxCount)))
        || (wanted.SpotPrice is { } price && price != (existing.SpotPrice ?? ""))
        || (wanted.Labels.Count > 0 && wanted.Labels.Any(label => existing.Labels.GetValueOrDefault(label.Key) != label.Value));

    private static string Size(PkeNodePool pool) => pool.Autoscaling
        ? FormattableString.Invariant($"{pool.MinCount} to {pool.MaxCount}")
        : FormattableString.Invariant($"{pool.Count ?? pool.MinCount ?? 1}");
}
