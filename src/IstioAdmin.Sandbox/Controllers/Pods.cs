using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Controllers;

/// <summary>What controllers ask of pods, and how they make them.</summary>
internal static class Pods
{
    /// <summary>The collection.</summary>
    public const string Path = "api/v1/pods";

    /// <summary>Index of pods by label: <c>NAMESPACE/KEY=VALUE</c>.</summary>
    public const string ByLabel = "label";

    /// <summary>Index of pods without a controller, by namespace.</summary>
    public const string Orphans = "orphans";

    /// <summary>The informer of pods, with its indexes.</summary>
    public static Informer Of(Informers informers) => informers.Of(Path)
        .IndexBy(Informers.ByNode, pod => Json.Text(pod, "spec", "nodeName") is { } node ? [node] : [])
        .IndexBy(Orphans, pod => Meta.ControllerOf(pod) is null ? [Meta.Namespace(pod)!] : [])
        .IndexBy(ByLabel, pod => (Meta.Labels(pod) ?? []).Select(label => $"{Meta.Namespace(pod)}/{label.Key}={(string?)label.Value}"));

    /// <summary>The pods of a namespace that a selector takes; by the index when it asks for a label's value.</summary>
    public static IEnumerable<JsonObject> Matching(Informer pods, string ns, JsonNode? matchLabels, LabelSelector selector)
    {
        string? label = matchLabels is JsonObject { Count: > 0 } labels ? $"{ns}/{labels.First().Key}={(string?)labels.First().Value}" : null;
        return (label is null ? pods.By(Informers.ByNamespace, ns) : pods.By(ByLabel, label)).Where(pod => selector.Matches(Meta.Labels(pod)));
    }

    public static string Phase(JsonObject pod) => Json.Text(pod, "status", "phase") ?? "Pending";

    /// <summary>Whether it has ended.</summary>
    public static bool HasEnded(JsonObject pod) => Phase(pod) is "Succeeded" or "Failed";

    /// <summary>Whether it counts: it has not ended and nobody deletes it (<c>controller.IsPodActive</c>).</summary>
    public static bool IsActive(JsonObject pod) => !HasEnded(pod) && !Meta.IsDeleting(pod);

    public static bool IsReady(JsonObject pod) => Json.Text(Meta.Condition(pod, "Ready"), "status") == "True";

    /// <summary>Since when it has been ready; null when it is not.</summary>
    public static DateTimeOffset? ReadySince(JsonObject pod) =>
        IsReady(pod) ? Meta.Time(Json.Text(Meta.Condition(pod, "Ready"), "lastTransitionTime")) : null;

    /// <summary>Whether it has been ready for long enough (<c>podutil.IsPodAvailable</c>).</summary>
    public static bool IsAvailable(JsonObject pod, int minReadySeconds) =>
        ReadySince(pod) is { } since && (minReadySeconds == 0 || since.AddSeconds(minReadySeconds) <= DateTimeOffset.UtcNow);

    /// <summary>A pod by a template.</summary>
    public static JsonObject FromTemplate(JsonNode template, JsonObject owner)
    {
        var metadata = new JsonObject { ["ownerReferences"] = new JsonArray(owner) };
        foreach (string part in (string[])["labels", "annotations", "finalizers"])
        {
            if (Json.At(template, "metadata", part) is { } value)
                metadata[part] = value.DeepClone();
        }
        return new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Pod", ["metadata"] = metadata, ["spec"] = Json.At(template, "spec")?.DeepClone() ?? new JsonObject() };
    }

    /// <summary>
    /// Which of a workload's pods to do without first (<c>controller_utils.go</c>, ActivePodsWithRanks): those without a node, those that do not run, those
    /// that are not ready, those that share their node with most others, and then the youngest.
    /// </summary>
    public static IEnumerable<JsonObject> ByWorth(IReadOnlyCollection<JsonObject> pods)
    {
        ILookup<string, JsonObject> byNode = pods.ToLookup(pod => Json.Text(pod, "spec", "nodeName") ?? "", StringComparer.Ordinal);
        return pods.OrderBy(pod => Json.Text(pod, "spec", "nodeName") is not null)
            .ThenBy(pod => Phase(pod) switch { "Pending" => 0, "Unknown" => 1, _ => 2 })
            .ThenBy(IsReady)
            .ThenByDescending(pod => byNode[Json.Text(pod, "spec", "nodeName") ?? ""].Count(IsReady))
            .ThenByDescending(ReadySince)
            .ThenByDescending(pod => Meta.Items(pod, "status", "containerStatuses").Select(status => Meta.Int(status, "restartCount") ?? 0).DefaultIfEmpty().Max())
            .ThenByDescending(Meta.Created);
    }
}
