using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Mesh.Settings;

/// <summary>Values of nested objects by paths with dots.</summary>
internal static class JsonPath
{
    /// <summary>The value; null when it, or an object on the way, is absent or null.</summary>
    public static JsonNode? At(this JsonNode? node, string path)
    {
        foreach (string name in path.Split('.'))
            node = (node as JsonObject)?[name];
        return node;
    }

    /// <summary>The text; null when there is none.</summary>
    public static string? TextAt(this JsonNode? node, string path) =>
        node.At(path) is JsonValue value && value.TryGetValue(out string? text) && text.Length > 0 ? text : null;

    /// <summary>The flag; null when there is none.</summary>
    public static bool? FlagAt(this JsonNode? node, string path) => node.At(path) is JsonValue value && value.TryGetValue(out bool flag) ? flag : null;

    /// <summary>The texts of a list; none when there is no list.</summary>
    public static IReadOnlyList<string> TextsAt(this JsonNode? node, string path) =>
        node.At(path) is JsonArray list ? [.. list.OfType<JsonValue>().Where(item => item.TryGetValue(out string? _)).Select(item => item.GetValue<string>())] : [];

    /// <summary>Puts a value; objects on the way are made.</summary>
    public static void Put(this JsonObject target, string path, JsonNode? value)
    {
        string[] names = path.Split('.');
        foreach (string name in names[..^1])
        {
            if (target[name] is not JsonObject inner)
                target[name] = inner = [];
            target = inner;
        }
        target[names[^1]] = value;
    }

    /// <summary>
    /// Merges as RFC 7386 does: objects field by field, everything else is replaced. Null takes a field away.
    /// </summary>
    public static void Merge(this JsonObject target, JsonObject patch)
    {
        foreach ((string name, JsonNode? value) in patch)
        {
            if (value is null)
            {
                target.Remove(name);
            }
            else if (value is JsonObject inner)
            {
                if (target[name] is not JsonObject existing)
                    target[name] = existing = [];
                existing.Merge(inner);
            }
            else
            {
                target[name] = value.DeepClone();
            }
        }
    }

    /// <summary>Whether every field of a wanted object has its value; further fields do not matter. Lists and scalars must be equal.</summary>
    public static bool Has(this JsonNode? actual, JsonNode? wanted) => wanted is JsonObject fields
        ? actual is JsonObject found && fields.All(field => found[field.Key].Has(field.Value))
        : JsonNode.DeepEquals(actual, wanted);
}
