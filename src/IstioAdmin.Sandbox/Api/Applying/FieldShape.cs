using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Api.Resources;

namespace IstioAdmin.Sandbox.Api.Applying;

/// <summary>Where ownership of a value ends and that of its parts begins.</summary>
internal static class FieldShape
{
    /// <summary>Whether two versions of a value are owned as one: scalars, what is atomic, and what is empty in both.</summary>
    public static bool IsLeaf(JsonNode? before, JsonNode? after, Schema schema)
    {
        JsonNode? one = before ?? after;
        if (before is not null && after is not null && (before is JsonObject != after is JsonObject || before is JsonArray != after is JsonArray))
            return true;
        return one switch
        {
            JsonObject => schema.AtomicMap || schema.Kind is ValueKind.List || (IsEmpty(before) && IsEmpty(after)),
            JsonArray => schema.Kind != ValueKind.List || schema.ListKind == ListKind.Atomic || (IsEmpty(before) && IsEmpty(after)),
            _ => true,
        };
    }

    /// <summary>The items of a list by their keys, in their order; of several with one key the first.</summary>
    /// <exception cref="ApiException">An item has no key (500, in the words of the server).</exception>
    public static Dictionary<string, JsonNode?> Items(JsonArray? list, Schema schema)
    {
        var items = new Dictionary<string, JsonNode?>();
        foreach (JsonNode? item in list ?? [])
            items.TryAdd(Key(item, schema), item);
        return items;
    }

    /// <summary>The key of a list's item.</summary>
    public static string Key(JsonNode? item, Schema schema) => schema.ListKind == ListKind.Set
        ? FieldTree.Value(item)
        : FieldTree.Keys(schema.Keys.Select(name => KeyValuePair.Create(name, (item as JsonObject)?[name] ?? schema.Element?.Fields.GetValueOrDefault(name)?.KeyDefault)).Where(key => key.Value is not null));

    private static bool IsEmpty(JsonNode? value) => value switch
    {
        JsonObject map => map.Count == 0,
        JsonArray list => list.Count == 0,
        _ => true,
    };
}
