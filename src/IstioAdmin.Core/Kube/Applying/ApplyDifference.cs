using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Kube.Applying;

/// <summary>What a JSON merge patch (RFC 7386) has to say so that an object becomes as a manifest wants it.</summary>
internal static class ApplyDifference
{
    /// <summary>The patch; empty when the object is as wanted.</summary>
    /// <param name="live">The object.</param>
    /// <param name="wanted">What was asked for; what it does not mention stays.</param>
    /// <param name="former">The fields that were asked for the last time, as <see cref="FieldSet"/> has them; those that are not any more go.</param>
    public static JsonObject Between(JsonObject live, JsonObject wanted, JsonObject? former)
    {
        JsonObject patch = Missing(live, wanted);
        if (former is not null)
            GiveBack(patch, former, wanted, live);
        // A condition, not a value.
        if (patch["metadata"] is JsonObject metadata && metadata.Remove("resourceVersion") && metadata.Count == 0)
            patch.Remove("metadata");
        return patch;
    }

    private static JsonObject Missing(JsonObject live, JsonObject wanted)
    {
        var patch = new JsonObject();
        foreach ((string name, JsonNode? value) in wanted)
        {
            if (value is JsonObject map && live[name] is JsonObject found)
            {
                if (Missing(found, map) is { Count: > 0 } inner)
                    patch[name] = inner;
            }
            else if (!Covers(live[name], value))
            {
                patch[name] = value?.DeepClone();
            }
        }
        return patch;
    }

    // Field by field, so that what others have put into the same map stays.
    private static void GiveBack(JsonObject patch, JsonObject former, JsonObject? wanted, JsonObject live)
    {
        foreach ((string key, JsonNode? node) in former.Where(field => field.Key.StartsWith("f:", StringComparison.Ordinal)))
        {
            string name = key["f:".Length..];
            if (node is not JsonObject inner || !live.ContainsKey(name))
                continue;
            bool kept = wanted?.ContainsKey(name) == true;
            if (inner.Count == 0)
            {
                if (!kept)
                    patch[name] = null;
            }
            else if (live[name] is JsonObject map && (!kept || wanted![name] is JsonObject))
            {
                JsonObject deeper = patch[name] as JsonObject ?? [];
                GiveBack(deeper, inner, wanted?[name] as JsonObject, map);
                if (deeper.Count > 0 && deeper.Parent is null)
                    patch[name] = deeper;
            }
        }
    }

    // The server fills in the defaults of a list's items.
    private static bool Covers(JsonNode? live, JsonNode? wanted) => (live, wanted) switch
    {
        (JsonObject found, JsonObject map) => map.All(field => found.ContainsKey(field.Key) && Covers(found[field.Key], field.Value)),
        (JsonArray found, JsonArray list) => found.Count == list.Count && found.Zip(list).All(pair => Covers(pair.First, pair.Second)),
        _ => JsonNode.DeepEquals(live, wanted),
    };
}
