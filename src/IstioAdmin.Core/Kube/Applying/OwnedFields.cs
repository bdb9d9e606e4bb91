using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Kube.Applying;

/// <summary>What a manager has applied to an object, taken out of the object by its managed fields.</summary>
/// <remarks>
/// Whoever applies less than the last time gives the rest back, and the server removes what nobody else owns. Who wants to change one field
/// therefore applies what it had applied before, with that field changed. Format: structured-merge-diff fieldpath/serialize.go
/// (<c>f:</c> field, <c>k:</c> item by its keys, <c>v:</c> item by its value, <c>.</c> the thing itself).
/// </remarks>
internal static class OwnedFields
{
    /// <summary>The fields that the manager owns through apply; empty when it never applied anything.</summary>
    public static JsonObject Of(JsonObject live, string manager)
    {
        JsonObject? owned = Entries(live)
            .Where(entry => (string?)entry["manager"] == manager && (string?)entry["operation"] == "Apply" && entry["subresource"] is null)
            .Select(entry => entry["fieldsV1"] as JsonObject)
            .FirstOrDefault(fields => fields is not null);
        return owned is null ? [] : Take(live, owned) as JsonObject ?? [];
    }

    /// <summary>The managers that keep an object's status: its controller.</summary>
    public static IReadOnlyList<string> StatusManagers(JsonObject live) =>
        [.. Entries(live).Where(entry => entry["fieldsV1"] is JsonObject fields && fields.ContainsKey("f:status"))
            .Select(entry => (string?)entry["manager"]).OfType<string>().Distinct()];

    /// <summary>When the fields under a name were last written, by the newest of their managers; null when nobody says.</summary>
    public static DateTimeOffset? WrittenAt(JsonObject live, string field) =>
        Entries(live).Where(entry => entry["fieldsV1"] is JsonObject fields && fields.ContainsKey("f:" + field))
            .Select(entry => DateTimeOffset.TryParse((string?)entry["time"], out DateTimeOffset time) ? time : (DateTimeOffset?)null)
            .Max();

    private static IEnumerable<JsonObject> Entries(JsonObject live) => (live["metadata"]?["managedFields"] as JsonArray)?.OfType<JsonObject>() ?? [];

    private static JsonNode? Take(JsonNode? value, JsonObject fields)
    {
        if (value is null || fields.All(field => field.Key == "."))
            return value?.DeepClone();
        return value switch
        {
            JsonObject map => Take(map, fields),
            JsonArray list => Take(list, fields),
            _ => value.DeepClone(),
        };
    }

    private static JsonObject Take(JsonObject map, JsonObject fields)
    {
        var taken = new JsonObject();
        foreach ((string key, JsonNode? inner) in fields)
        {
            if (key.StartsWith("f:", StringComparison.Ordinal) && map.TryGetPropertyValue(key[2..], out JsonNode? child))
                taken[key[2..]] = Take(child, inner as JsonObject ?? []);
        }
        return taken;
    }

    private static JsonArray Take(JsonArray list, JsonObject fields)
    {
        var taken = new JsonArray();
        foreach ((string key, JsonNode? inner) in fields)
        {
            if (key.StartsWith("v:", StringComparison.Ordinal))
                taken.Add(JsonNode.Parse(key[2..]));
            if (!key.StartsWith("k:", StringComparison.Ordinal) || JsonNode.Parse(key[2..]) is not JsonObject keys)
                continue;
            JsonObject? item = list.OfType<JsonObject>().FirstOrDefault(item => keys.All(pair => JsonNode.DeepEquals(item[pair.Key], pair.Value)));
            if (item is null || Take((JsonNode)item, inner as JsonObject ?? []) is not JsonObject part)
                continue;
            foreach ((string name, JsonNode? value) in keys)
                part[name] ??= value?.DeepClone();
            taken.Add((JsonNode)part);
        }
        return taken;
    }
}
