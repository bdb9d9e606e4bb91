using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Operators;

/// <summary>Reads and writes fields deep inside objects.</summary>
internal static class SpecPath
{
    /// <summary>What is at a path of field names; null when something on the way is missing or no object.</summary>
    public static JsonNode? At(this JsonNode? node, params ReadOnlySpan<string> path)
    {
        foreach (string name in path)
            node = (node as JsonObject)?[name];
        return node;
    }

    /// <summary>A flag; null when there is none.</summary>
    public static bool? Flag(this JsonNode? node) => node is JsonValue value && value.TryGetValue(out bool flag) ? flag : null;

    /// <summary>A text; null when there is none or it is empty.</summary>
    public static string? Text(this JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) && text.Length > 0 ? text : null;

    /// <summary>A list of texts; null when there is no list.</summary>
    public static IReadOnlyList<string>? Texts(this JsonNode? node) => node is JsonArray list ? [.. list.Select(Text).OfType<string>()] : null;

    /// <summary>An object that holds a value at a path and nothing else.</summary>
    public static JsonObject Nest(JsonNode value, params ReadOnlySpan<string> path)
    {
        JsonNode whole = value;
        for (int at = path.Length - 1; at >= 0; at--)
            whole = new JsonObject { [path[at]] = whole };
        return (JsonObject)whole;
    }

    /// <summary>Puts an object over another: maps are merged, everything else is replaced.</summary>
    public static void Overlay(JsonObject below, JsonObject above)
    {
        foreach ((string name, JsonNode? value) in above)
        {
            if (value is JsonObject inner && below[name] is JsonObject existing)
                Overlay(existing, inner);
            else
                below[name] = value?.DeepClone();
        }
    }
}
