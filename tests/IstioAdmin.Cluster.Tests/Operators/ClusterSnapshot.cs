using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Cluster.Tests.Operators;

/// <summary>
/// Every object of a cluster with its resourceVersion. Left out is what changes by itself: events, leases, nodes (their heartbeats), autoscalers (their
/// controller writes every quarter of a minute that it knows no metrics) and the addresses of the control plane.
/// </summary>
internal static class ClusterSnapshot
{
    private static readonly HashSet<string> Restless = new(StringComparer.Ordinal)
    {
        "events", "leases", "nodes", "componentstatuses", "horizontalpodautoscalers", "endpointslices",
    };

    public static async Task<SortedDictionary<string, string>> TakeAsync(ClusterApi api)
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        List<string> versions = ["api/v1"];
        foreach (JsonNode? group in (await api.GetAsync("apis"))["groups"]!.AsArray())
            versions.Add($"apis/{(string)group!["preferredVersion"]!["groupVersion"]!}");
        foreach (string version in versions)
        {
            if (await api.FindAsync(version) is not { } served)
                continue;
            foreach (JsonNode? resource in served["resources"]!.AsArray())
            {
                string plural = (string)resource!["name"]!;
                if (plural.Contains('/') || Restless.Contains(plural) || !resource["verbs"]!.AsArray().Any(verb => (string?)verb == "list"))
                    continue;
                foreach (JsonObject item in await api.ListAsync($"{version}/{plural}"))
                {
                    JsonNode metadata = item["metadata"]!;
                    found[$"{plural} {(string?)metadata["namespace"]}/{(string)metadata["name"]!}"] = (string)metadata["resourceVersion"]!;
                }
            }
        }
        return found;
    }

    /// <summary>Takes one when the controllers have nothing more to write.</summary>
    public static async Task<SortedDictionary<string, string>> SettledAsync(ClusterApi api)
    {
        SortedDictionary<string, string> last = await TakeAsync(api);
        for (int same = 0, round = 0; same < 3 && round < 100; round++)
        {
            await Task.Delay(150);
            SortedDictionary<string, string> now = await TakeAsync(api);
            same = now.SequenceEqual(last) ? same + 1 : 0;
            last = now;
        }
        return last;
    }

    /// <summary>Fails with what differs.</summary>
    public static void AssertSame(SortedDictionary<string, string> before, SortedDictionary<string, string> after) =>
        AssertNone(before.Except(after).Select(pair => $"- {pair.Key} {pair.Value}").Concat(after.Except(before).Select(pair => $"+ {pair.Key} {pair.Value}")));

    /// <summary>Fails with what there is, all of it.</summary>
    public static void AssertNone(IEnumerable<string> found)
    {
        string all = string.Join('\n', found);
        Assert.True(all.Length == 0, all);
    }
}
