using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Pke.Requests;

/// <summary>What is wrong with an order by the clouds' own lists, as far as somebody has them.</summary>
internal static class CloudCheck
{
    private const int Suggested = 8;

    /// <exception cref="MeshException">A region, zone, instance type, resource group, network or subnet does not exist (<c>PkeRequestInvalid</c>).</exception>
    public static async Task CheckAsync(PipelineConnection pipeline, PkeClusterOrder order, IReporter reporter, CancellationToken cancel)
    {
        var problems = new Problems();
        if (order.Location is { } location)
            await CheckPlaceAsync(pipeline, order, location, problems, reporter, cancel).ConfigureAwait(false);
        if (order is { Cloud: "azure", ResourceGroup: { } group, SecretId: { } secret })
            await CheckGroupAsync(pipeline, group, secret, problems, reporter, cancel).ConfigureAwait(false);
        await NetworkCheck.CheckAsync(pipeline, order, problems, reporter, cancel).ConfigureAwait(false);
        problems.ThrowIfAny($"Cluster '{order.Name}'", order.Name);
    }

    /// <summary>Looks for new pools' instance types in the region of a cluster that is there.</summary>
    /// <exception cref="MeshException">One does not exist (<c>PkeRequestInvalid</c>).</exception>
    public static async Task CheckPoolsAsync(PipelineConnection pipeline, PkeCluster cluster, IReadOnlyList<PkeNodePool> pools, IReporter reporter, CancellationToken cancel)
    {
        if (pools.Count == 0 || cluster.Location is not { } location || cluster.Cloud is not ("amazon" or "azure"))
            return;
        var problems = new Problems();
        await CheckInstanceTypesAsync(pipeline, cluster.Cloud, location, pools, problems, reporter, cancel).ConfigureAwait(false);
        problems.ThrowIfAny($"Cluster '{cluster.Name}'", cluster.Name, "changed");
    }

    private static async Task CheckPlaceAsync(PipelineConnection pipeline, PkeClusterOrder order, string location, Problems problems, IReporter reporter, CancellationToken cancel)
    {
        if (await CloudInfo.RegionsAsync(pipeline, order.Cloud, reporter, cancel).ConfigureAwait(false) is not { } regions)
            return;
        if (!regions.Contains(location))
        {
            problems.Add($"{order.Cloud} has no region '{location}'{Near(location, regions)}");
            return;
        }
        await CheckInstanceTypesAsync(pipeline, order.Cloud, location, order.NodePools, problems, reporter, cancel).ConfigureAwait(false);
        // Azure's zones are numbers that every region has, or has not, without a list.
        if (order.Cloud != "amazon" || order.NodePools.All(pool => pool.Zones.Count == 0))
            return;
        if (await CloudInfo.ZonesAsync(pipeline, order.Cloud, location, reporter, cancel).ConfigureAwait(false) is not { } zones)
            return;
        foreach (PkeNodePool pool in order.NodePools)
        {
            foreach (string zone in pool.Zones.Where(zone => !zones.Contains(zone)))
                problems.Add($"node pool '{pool.Name}': {location} has no zone '{zone}', but {string.Join(", ", zones.Order(StringComparer.Ordinal))}");
        }
    }

    private static async Task CheckInstanceTypesAsync(
        PipelineConnection pipeline, string cloud, string location, IReadOnlyList<PkeNodePool> pools, Problems problems, IReporter reporter, CancellationToken cancel)
    {
        if (await CloudInfo.InstanceTypesAsync(pipeline, cloud, location, reporter, cancel).ConfigureAwait(false) is not { } types)
            return;
        foreach (PkeNodePool pool in pools.Where(pool => pool.InstanceType is { } type && !types.Contains(type)))
            problems.Add($"node pool '{pool.Name}': {location} has no instance type '{pool.InstanceType}'{Near(pool.InstanceType!, types)}");
    }

    private static async Task CheckGroupAsync(PipelineConnection pipeline, string group, string secret, Problems problems, IReporter reporter, CancellationToken cancel)
    {
        JsonNode? groups;
        try
        {
            groups = await pipeline.Client.GetAsync(
                pipeline.Path("azure/resourcegroups"), "list the resource groups", timeout: null, cancel, [("secretId", secret)]).ConfigureAwait(false);
        }
        catch (PipelineException e)
        {
            reporter.Detail($"{e.Message.TrimEnd('.')}. The resource group is not checked.");
            return;
        }
        if (groups.Texts() is { Count: > 0 } names && !names.Contains(group, StringComparer.OrdinalIgnoreCase))
            problems.Add($"azure has no resource group '{group}'{Near(group, names)}");
    }

    /// <summary>What may have been meant: names of the same family, or the first of all.</summary>
    private static string Near(string given, IReadOnlyList<string> names)
    {
        int family = Math.Max(1, given.IndexOfAny(['.', '-', '_']));
        string[] same = [.. names.Where(name => name.StartsWith(given[..Math.Min(family, given.Length)], StringComparison.OrdinalIgnoreCase)).Order(StringComparer.Ordinal)];
        string[] shown = same.Length > 0 ? same : [.. names.Order(StringComparer.Ordinal)];
        return $", but {string.Join(", ", shown.Take(Suggested))}{(shown.Length > Suggested ? " and others" : "")}";
    }
}
