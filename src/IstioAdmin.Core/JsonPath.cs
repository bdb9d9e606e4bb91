using System.Text.Json.Nodes;

namespace IstioAdmin.Core;

/// <summary>Values of nested objects: by paths with dots, or name by name where a name may have dots itself.</summary>
internal static class JsonPath
{
    /// <summary>The value; null when it, or an object on the way, is absent or null.</summary>
    public static JsonNode? At(this JsonNode? node, string path)
    {
        foreach (string name in path.Split('.'))
            node = (node as JsonObject)?[name];
        return node;
    }

    /// <summary>The value; null when it, or an object on the way, is absent or null.</summary>
    public static JsonNode? At(this JsonNode? node, params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
            node = (node as JsonObject)?[name];
        return node;
    }

    /// <summary>The text; null when there is none or it is empty.</summary>
    public static string? Text(this JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) && text.Length > 0 ? text : null;

    /// <summary>The flag; null when there is none.</summary>
    public static bool? Flag(this JsonNode? node) => node is JsonValue value && value.TryGetValue(out bool flag) ? flag : null;

    /// <summary>The texts of a list; null when there is no list.</summary>
    public static IReadOnlyList<string>? Texts(this JsonNode? node) => node is JsonArray list ? [.. list.Select(Text).OfType<string>()] : null;

    /// <summary>The text; null when there is none or it is empty.</summary>
    public static string? TextAt(this JsonNode? node, string path) => node.At(path).Text();

    /// <summary>The flag; null when there is none.</summary>
    public static bool? FlagAt(this JsonNode? node, string path) => node.At(path).Flag();

    /// <summary>The texts of a list; none when there is no list.</summary>
    public static IReadOnlyList<string> TextsAt(this JsonNode? node, string path) => node.At(path).Texts() ?? [];

    /// <summary>An object that holds a value at a path of names and nothing else.</summary>
    public static JsonObject Nest(JsonNode value, params ReadOnlySpan<string> names)
    {
        JsonNode whole = value;
        for (int at = names.Length - 1; at >= 0; at--)
            whole = new JsonObject { [names[at]] = whole };
        return (JsonObject)whole;
    }

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
