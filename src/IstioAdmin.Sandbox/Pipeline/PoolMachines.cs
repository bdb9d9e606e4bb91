using System.Globalization;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Nodes;
using IstioAdmin.Sandbox.Pipeline.Service;

namespace IstioAdmin.Sandbox.Pipeline;

/// <summary>The nodes that node pools come to, with the labels and taints that they have in a cluster of PKE.</summary>
/// <remarks>
/// Source: banzaicloud/pipeline <c>internal/cluster/node_pool_labels.go</c> (pool, on demand), <c>internal/providers/pke/pkeworkflow/set_master_taint_activity.go</c>
/// (a cluster of one pool), banzaicloud/pke <c>cmd/pke/app/phases/kubeadm/controlplane</c> (taint of the control plane); the rest is kubeadm's and the cloud provider's.
/// Roles other than master leave no label on a node.
/// </remarks>
internal static class PoolMachines
{
    private const int Most = 5000;
    private const string Master = "node-role.kubernetes.io/master";

    /// <summary>The nodes of all pools of a cluster.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="wasAlone">Whether it was created with one pool, which carries the work as well, and goes on to do so.</param>
    /// <exception cref="PipelineRefusal">They are more than the sandbox has room for, or none.</exception>
    public static IReadOnlyList<NodeMachine> Of(StoredCluster cluster, bool wasAlone)
    {
        var counts = cluster.Pools.ToDictionary(pool => pool.Key, pool => Count(pool.Value));
        if (counts.FirstOrDefault(pool => pool.Value < 0) is { Key: { } negative })
            throw new PipelineRefusal(400, "Invalid request", $"node pool '{negative}' cannot have {counts[negative]} nodes");
        // As decimal: each may be as large as a number can be.
        decimal all = counts.Values.Sum(count => (decimal)count);
        if (all is < 1 or > Most)
            throw new PipelineRefusal(400, "Invalid request", string.Create(CultureInfo.InvariantCulture, $"the sandbox models clusters of 1 to {Most} nodes, not of {all}"));
        return [.. cluster.Pools.SelectMany(pool => Enumerable.Range(1, (int)counts[pool.Key]).Select(number => Machine(cluster, pool.Key, pool.Value, number, wasAlone)))];
    }

    private static long Count(JsonObject pool) => pool["count"]?.GetValue<long>() ?? 1;

    private static NodeMachine Machine(StoredCluster cluster, string name, JsonObject pool, int number, bool wasAlone)
    {
        var labels = new Dictionary<string, string>
        {
            ["nodepool.banzaicloud.io/name"] = name,
            ["node.banzaicloud.io/ondemand"] = StoredCluster.IsSpot(pool) ? "false" : "true",
        };
        foreach ((string label, JsonNode? value) in pool["labels"] as JsonObject ?? [])
            labels[label] = (string?)value ?? "";
        Put(labels, (string?)pool["instanceType"], "node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type");
        Put(labels, cluster.Location, "topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region");
        if (cluster.Zones.GetValueOrDefault(name) is { Length: > 0 } zones)
            Put(labels, zones[(number - 1) % zones.Length], "topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone");
        var machine = new NodeMachine(string.Create(CultureInfo.InvariantCulture, $"{name}-{number}")) { Labels = labels };
        if (!cluster.Masters.Contains(name))
            return machine;
        labels["node-role.kubernetes.io/control-plane"] = "";
        labels[wasAlone ? "node-role.kubernetes.io/master-worker" : Master] = "";
        return machine with { Taints = [(Master, wasAlone ? "PreferNoSchedule" : "NoSchedule")] };
    }

    private static void Put(Dictionary<string, string> labels, string? value, params string[] names)
    {
        foreach (string name in names.Where(_ => !string.IsNullOrEmpty(value)))
            labels[name] = value!;
    }
}
