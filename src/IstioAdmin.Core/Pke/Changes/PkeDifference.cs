using System.Text.Json.Nodes;
using IstioAdmin.Core.Pke.Requests;

namespace IstioAdmin.Core.Pke.Changes;

/// <summary>Where a cluster that is there differs from what a body asks for. What Pipeline does not tell of a cluster is not compared.</summary>
internal static class PkeDifference
{
    public static IEnumerable<string> Find(PkeCluster cluster, JsonObject body)
    {
        if (PkeCloud.Of(body) is { } cloud && cluster.Cloud is { } actual && actual != cloud.Name)
        {
            yield return $"it is in {actual}, not in {cloud.Name}";
            yield break;
        }
        if (cluster.Distribution is { } distribution && distribution != "pke" && !distribution.StartsWith("pke-", StringComparison.Ordinal))
            yield return $"its distribution is {distribution}";
        if (Differ(cluster.Location, body.TextAt("location")))
            yield return $"its location is {cluster.Location}, not {body.TextAt("location")}";
        string? version = body.TextAt("kubernetes.version") ?? body.TextAt("properties.pke.kubernetes.version");
        if (Differ(PkeNames.Plain(cluster.Version), PkeNames.Plain(version)))
            yield return $"its version is {cluster.Version}, not {version}";
        // Lists, and clusters that are very young, do not tell their pools.
        if (cluster.NodePools.Count == 0 || Wanted(body) is not { Count: > 0 } wanted)
            yield break;
        foreach (string pools in FindPools(cluster.NodePools, wanted))
            yield return pools;
    }

    private static IEnumerable<string> FindPools(IReadOnlyList<PkeNodePool> actual, IReadOnlyList<JsonObject> wanted)
    {
        string[] names = [.. wanted.Select(pool => pool.TextAt("name") ?? "")];
        foreach (PkeNodePool pool in actual.Where(pool => !names.Contains(pool.Name)))
            yield return $"it has a node pool '{pool.Name}'";
        foreach (JsonObject pool in wanted)
        {
            string name = pool.TextAt("name") ?? "";
            if (actual.FirstOrDefault(existing => existing.Name == name) is not { } existing)
            {
                yield return $"it has no node pool '{name}'";
                continue;
            }
            foreach ((string what, object? has, object? wants) in Fields(existing, pool))
            {
                if (has is not null && wants is not null && !has.Equals(wants))
                    yield return $"{what} of node pool '{name}' is {has}, not {wants}";
            }
        }
    }

    private static IEnumerable<(string What, object? Has, object? Wants)> Fields(PkeNodePool existing, JsonObject wanted)
    {
        JsonNode? group = wanted.At("providerConfig.autoScalingGroup");
        yield return ("the instance type", existing.InstanceType, (group ?? wanted).TextAt("instanceType"));
        yield return ("the number of processors", (long?)existing.Vcpu, PkeReading.Number(wanted["vcpu"]));
        yield return ("the memory", (long?)existing.Ram, PkeReading.Number(wanted["ram"]));
        bool? autoscaling = wanted.FlagAt("autoscaling");
        yield return ("autoscaling", existing.MinCount is null ? null : existing.Autoscaling, autoscaling);
        long? count = PkeReading.Number(group.At("size.desired")) ?? PkeReading.Number(wanted["count"]) ?? PkeReading.Number(wanted["size"]);
        if (autoscaling == true || existing.Autoscaling)
        {
            // The number itself is the autoscaler's.
            yield return ("the least number", (long?)existing.MinCount, PkeReading.Number(group.At("size.min")) ?? PkeReading.Number(wanted["minCount"]));
            yield return ("the greatest number", (long?)existing.MaxCount, PkeReading.Number(group.At("size.max")) ?? PkeReading.Number(wanted["maxCount"]));
        }
        else
        {
            yield return ("the number", (long?)existing.Count, count);
        }
    }

    private static IReadOnlyList<JsonObject> Wanted(JsonObject body)
    {
        // Pipeline reads names of fields without regard to case, and people write this one both ways.
        JsonNode? pke = body.At("properties.pke");
        JsonNode? pools = pke.At("nodePools") ?? pke.At("nodepools") ?? body["nodepools"] ?? body["nodePools"];
        return [.. (pools as JsonArray ?? []).OfType<JsonObject>()];
    }

    private static bool Differ(string? has, string? wants) => !string.IsNullOrEmpty(has) && !string.IsNullOrEmpty(wants) && has != wants;
}
