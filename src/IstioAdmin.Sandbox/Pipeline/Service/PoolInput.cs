using System.Text.Json.Nodes;

namespace IstioAdmin.Sandbox.Pipeline.Service;

/// <summary>Node pools of requests as the service reports them later. The three clouds name their counts differently.</summary>
internal static class PoolInput
{
    /// <summary>Pools of a creation.</summary>
    public static void Take(StoredCluster cluster, JsonArray pools)
    {
        foreach (JsonObject pool in pools.OfType<JsonObject>())
        {
            string name = (string)pool["name"]!;
            RequireName(name);
            if (!cluster.Pools.TryAdd(name, Report(pool)))
                throw new PipelineRefusal(400, "Invalid request", $"node pool {name} is given more than once");
            if (pool["roles"] is JsonArray roles && roles.Any(role => (string?)role == "master"))
                cluster.Masters.Add(name);
            if ((pool["zones"] ?? pool["providerConfig"]?["autoScalingGroup"]?["zones"]) is JsonArray { Count: > 0 } zones)
                cluster.Zones[name] = [.. zones.Select(zone => (string?)zone ?? "")];
        }
    }

    /// <summary>All pools of a change: one that is not among them is removed.</summary>
    public static void Replace(StoredCluster cluster, JsonArray pools)
    {
        string[] masters = [.. cluster.Masters];
        cluster.Pools.Clear();
        cluster.Masters.Clear();
        Take(cluster, pools);
        if (!cluster.Masters.SetEquals(masters))
            throw new PipelineRefusal(400, "Invalid request", "master node pool cannot be changed");
    }

    /// <summary>The classic request's pools by name. The master's pool stays as it is when it is not among them.</summary>
    public static void Replace(StoredCluster cluster, JsonObject pools)
    {
        foreach (string gone in cluster.Pools.Keys.Where(name => !cluster.Masters.Contains(name) && !pools.ContainsKey(name)).ToArray())
            cluster.Pools.Remove(gone);
        foreach ((string name, JsonNode? pool) in pools)
        {
            if (!cluster.Pools.TryGetValue(name, out JsonObject? held))
            {
                RequireName(name);
                cluster.Pools[name] = held = [];
            }
            foreach ((string field, JsonNode? value) in pool as JsonObject ?? [])
            {
                // The instance type of a pool that exists cannot change, and is ignored.
                if (field != "instanceType" || held["instanceType"] is null)
                    held[field] = value?.DeepClone();
            }
        }
    }

    // Text and rule: banzaicloud/pipeline pkg/common/common.go, ValidateNodePoolName.
    private static void RequireName(string name)
    {
        if (name.Length > 63)
            throw new PipelineRefusal(400, "Invalid request", $"node pool name '{name}' too long: over 63 characters");
        if (!name.Split('-').All(part => part.Length > 0 && part.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c))))
            throw new PipelineRefusal(400, "Invalid request", $"node pool name '{name}' invalid: must consist of lower case alphanumeric characters and single dashes within the string");
    }

    private static JsonObject Report(JsonObject pool)
    {
        if (pool["vcpu"] is not null)
            return Keep(pool, ("size", "count"), ("ram", "ram"), ("vcpu", "vcpu"), ("template", "template"));
        if (pool["providerConfig"]?["autoScalingGroup"] is not JsonObject group)
            return Keep(pool, ("autoscaling", "autoscaling"), ("count", "count"), ("minCount", "minCount"), ("maxCount", "maxCount"), ("instanceType", "instanceType"));
        JsonObject report = Keep(group, ("instanceType", "instanceType"), ("spotPrice", "spotPrice"), ("image", "image"));
        JsonObject size = group["size"]!.AsObject();
        report["autoscaling"] = pool["autoscaling"]?.DeepClone() ?? false;
        report["count"] = (size["desired"] ?? size["min"])!.DeepClone();
        report["minCount"] = size["min"]!.DeepClone();
        report["maxCount"] = size["max"]!.DeepClone();
        report["labels"] = pool["labels"]?.DeepClone() ?? new JsonObject();
        return report;
    }

    private static JsonObject Keep(JsonObject from, params (string From, string To)[] fields)
    {
        JsonObject kept = [];
        foreach ((string source, string target) in fields)
        {
            if (from[source] is { } value)
                kept[target] = value.DeepClone();
        }
        return kept;
    }
}
