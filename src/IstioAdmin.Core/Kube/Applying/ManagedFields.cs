using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Kube.Applying;

/// <summary>Reads who manages which fields of an object out of its <c>metadata.managedFields</c>.</summary>
/// <remarks>Format: sigs.k8s.io/structured-merge-diff, <c>fieldpath/serialize.go</c> (<c>f:</c> field, <c>k:</c> list item by its keys, <c>v:</c> item of a set).</remarks>
internal static class ManagedFields
{
    /// <summary>
    /// What a manager has applied, with the values that the object has now. Applying drops every field that was applied before and is not any
    /// more, so whoever wants to change one field has to apply these again.
    /// </summary>
    /// <returns>An object with just those fields; empty when the manager has applied none.</returns>
    public static JsonObject AppliedBy(string manager, JsonObject item)
    {
        var applied = new JsonObject();
        foreach (JsonObject entry in Entries(item))
        {
            if (Text(entry["manager"]) == manager && Text(entry["operation"]) == "Apply" && entry["subresource"] is null && entry["fieldsV1"] is JsonObject fields
                && Extract(item, fields) is JsonObject found)
            {
                applied = found;
            }
        }
        if (applied["metadata"] is JsonObject metadata)
            metadata.Remove("managedFields");
        if (applied.At("metadata.annotations") is JsonObject annotations)
            annotations.Remove(FieldRecord.Annotation);
        return applied;
    }

    /// <summary>The managers that write an object's status: its controller.</summary>
    public static IReadOnlyList<string> StatusWriters(JsonObject item) =>
        [.. Entries(item).Where(entry => entry["fieldsV1"] is JsonObject fields && fields.ContainsKey("f:status")).Select(entry => Text(entry["manager"])).Distinct()];

    /// <summary>All managers of an object.</summary>
    public static IReadOnlyList<string> Managers(JsonObject item) => [.. Entries(item).Select(entry => Text(entry["manager"])).Distinct()];

    /// <summary>When something under a field of the root was last written, by the newest of its managers; null when nobody says.</summary>
    public static DateTimeOffset? WrittenAt(JsonObject item, string field) =>
        Entries(item).Where(entry => entry["fieldsV1"] is JsonObject fields && fields.ContainsKey("f:" + field))
            .Select(entry => DateTimeOffset.TryParse(Text(entry["time"]), out DateTimeOffset time) ? time : (DateTimeOffset?)null)
            .Max();

    /// <summary>The entries; on servers that keep none, those that <see cref="FieldRecord"/> stands for.</summary>
    public static IReadOnlyList<JsonObject> Entries(JsonObject item)
    {
        JsonObject[] kept = [.. (item["metadata"]?["managedFields"] as JsonArray)?.OfType<JsonObject>() ?? []];
        if (Array.Exists(kept, entry => Text(entry["manager"]) == KubeApply.FieldManager && Text(entry["operation"]) == "Apply"))
            return kept;
        // Kept beside the server's own after an upgrade, as long as nothing has been applied there.
        JsonObject?[] noted = [FieldRecord.Read(item), kept.Length == 0 ? FieldRecord.ReadKubectl(item) : null];
        return [.. kept, .. noted.OfType<JsonObject>()];
    }

    private static JsonNode? Extract(JsonNode? value, JsonObject fields)
    {
        (string Key, JsonObject Inner)[] children = [.. fields.Where(field => field.Key != ".").Select(field => (field.Key, field.Value as JsonObject ?? []))];
        // The value as a whole: a scalar, a list without keys, or a map that is treated as one value.
        if (children.Length == 0)
            return fields.ContainsKey(".") ? Empty(value) : value?.DeepClone();
        switch (value)
        {
            case JsonObject map:
                var found = new JsonObject();
                foreach ((string key, JsonObject inner) in children)
                {
                    if (key.StartsWith("f:", StringComparison.Ordinal) && map.TryGetPropertyValue(key[2..], out JsonNode? child))
                        found[key[2..]] = Extract(child, inner);
                }
                return found;
            case JsonArray list:
                return new JsonArray([.. list.Select(item => ItemOf(item, children)).Where(item => item is not null)]);
            default:
                return value?.DeepClone();
        }
    }

    private static JsonNode? ItemOf(JsonNode? item, (string Key, JsonObject Inner)[] children)
    {
        foreach ((string key, JsonObject inner) in children)
        {
            JsonNode? wanted = JsonNode.Parse(key[2..]);
            if (key.StartsWith("v:", StringComparison.Ordinal) && JsonNode.DeepEquals(item, wanted))
                return item!.DeepClone();
            if (key.StartsWith("k:", StringComparison.Ordinal) && item is JsonObject map && wanted is JsonObject keys && keys.All(part => JsonNode.DeepEquals(map[part.Key], part.Value)))
            {
                JsonNode? extracted = Extract(item, inner);
                if (extracted is JsonObject part)
                {
                    foreach ((string name, JsonNode? own) in keys)
                        part[name] ??= own?.DeepClone();
                }
                return extracted;
            }
        }
        return null;
    }

    private static JsonNode? Empty(JsonNode? value) => value switch
    {
        JsonObject => new JsonObject(),
        JsonArray => new JsonArray(),
        _ => value?.DeepClone(),
    };

    private static string Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : "";
}
