using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Controllers;

/// <summary>A Deployment and its ReplicaSets during one round: the numbers that its strategy is about (<c>deployment/util/deployment_util.go</c>).</summary>
internal sealed class Rollout
{
    public const string RevisionAnnotation = "deployment.kubernetes.io/revision";
    public const string HistoryAnnotation = "deployment.kubernetes.io/revision-history";
    public const string DesiredAnnotation = "deployment.kubernetes.io/desired-replicas";
    public const string MaxAnnotation = "deployment.kubernetes.io/max-replicas";
    public const string HashLabel = "pod-template-hash";

    private static readonly HashSet<string> NotCopied = new(StringComparer.Ordinal)
    {
        "kubectl.kubernetes.io/last-applied-configuration", RevisionAnnotation, HistoryAnnotation, DesiredAnnotation, MaxAnnotation, "deprecated.deployment.rollback.to",
    };

    public Rollout(JsonObject deployment, IEnumerable<JsonObject> sets)
    {
        Deployment = deployment;
        Sets = [.. sets.OrderBy(Meta.Created).ThenBy(Meta.Name, StringComparer.Ordinal)];
        JsonNode template = Json.At(deployment, "spec", "template")!;
        New = Sets.Find(set => SameTemplate(template, Json.At(set, "spec", "template")));
        Replicas = Meta.Int(deployment, "spec", "replicas") ?? 1;
        JsonNode? rolling = Json.At(deployment, "spec", "strategy", "rollingUpdate");
        IsRolling = Json.Text(deployment, "spec", "strategy", "type") != "Recreate";
        int surge = Shares.Of(Json.At(rolling, "maxSurge"), Replicas, up: true) ?? 0, unavailable = Shares.Of(Json.At(rolling, "maxUnavailable"), Replicas, up: false) ?? 0;
        // Both zero is refused by validation; by rounding it may come about nevertheless.
        if (surge == 0 && unavailable == 0)
            unavailable = 1;
        MaxSurge = IsRolling ? surge : 0;
        MaxUnavailable = IsRolling ? Math.Min(unavailable, Replicas) : 0;
    }

    public JsonObject Deployment { get; }

    /// <summary>All of its ReplicaSets, the oldest first.</summary>
    public List<JsonObject> Sets { get; }

    /// <summary>The one with the Deployment's template; null while there is none.</summary>
    public JsonObject? New { get; set; }

    public IReadOnlyList<JsonObject> Old => [.. Sets.Where(set => New is null || Meta.Uid(set) != Meta.Uid(New))];

    public int Replicas { get; }

    public bool IsRolling { get; }

    public int MaxSurge { get; }

    public int MaxUnavailable { get; }

    public bool IsPaused => Json.Flag(Deployment, "spec", "paused") == true;

    /// <summary>What a ReplicaSet is to have.</summary>
    public static int Wanted(JsonObject? set) => set is null ? 0 : Meta.Int(set, "spec", "replicas") ?? 1;

    /// <summary>What a ReplicaSet has.</summary>
    public static int Actual(JsonObject? set) => Meta.Int(set, "status", "replicas") ?? 0;

    public static int Ready(JsonObject? set) => Meta.Int(set, "status", "readyReplicas") ?? 0;

    public static int Available(JsonObject? set) => Meta.Int(set, "status", "availableReplicas") ?? 0;

    public static long Revision(JsonObject item) => long.TryParse(Meta.Annotation(item, RevisionAnnotation), out long revision) ? revision : 0;

    /// <summary>Puts one of its ReplicaSets in the place of an older view of it.</summary>
    public JsonObject Replace(JsonObject set)
    {
        int at = Sets.FindIndex(other => Meta.Uid(other) == Meta.Uid(set));
        if (at < 0)
            Sets.Add(set);
        else
            Sets[at] = set;
        if (New is not null && Meta.Uid(New) == Meta.Uid(set))
            New = set;
        return set;
    }

    /// <summary>How many pods the new ReplicaSet may have now (NewRSNewReplicas).</summary>
    public int NewReplicas()
    {
        if (!IsRolling)
            return Replicas;
        int total = Sets.Sum(Wanted), most = Replicas + MaxSurge, mine = Wanted(New);
        return total >= most ? mine : mine + Math.Min(most - total, Replicas - mine);
    }

    /// <summary>The annotations of the Deployment that its ReplicaSets have, too.</summary>
    public IEnumerable<KeyValuePair<string, JsonNode?>> Copied() =>
        (Json.At(Deployment, "metadata", "annotations") as JsonObject ?? []).Where(annotation => !NotCopied.Contains(annotation.Key));

    /// <summary>Whether two templates are the same but for the hash.</summary>
    public static bool SameTemplate(JsonNode? one, JsonNode? other)
    {
        if (one is null || other is null || !JsonNode.DeepEquals(Json.At(one, "spec"), Json.At(other, "spec")))
            return false;
        return JsonNode.DeepEquals(Metadata(one), Metadata(other));

        static JsonNode Metadata(JsonNode template)
        {
            var metadata = (JsonObject?)Json.At(template, "metadata")?.DeepClone() ?? [];
            (metadata["labels"] as JsonObject)?.Remove(HashLabel);
            metadata.Remove("creationTimestamp");
            return metadata;
        }
    }
}
