using System.Globalization;
using System.Text.Json.Nodes;

namespace IstioAdmin.Sandbox.Client;

/// <summary>Shorthands for JSON.</summary>
internal static class Json
{
    public static JsonObject Parse(string text) => JsonNode.Parse(text)!.AsObject();

    /// <summary>The text at a path; null when something on the way is missing or it is no text.</summary>
    public static string? Text(JsonNode? node, params ReadOnlySpan<string> path) => At(node, path) is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    public static bool? Flag(JsonNode? node, params ReadOnlySpan<string> path) => At(node, path) is JsonValue value && value.TryGetValue(out bool flag) ? flag : null;

    public static IReadOnlyList<string> Texts(JsonNode? node, params ReadOnlySpan<string> path) =>
        At(node, path) is JsonArray array ? [.. array.Select(item => (string)item!)] : [];

    public static JsonNode? At(JsonNode? node, params ReadOnlySpan<string> path)
    {
        foreach (string name in path)
            node = (node as JsonObject)?[name];
        return node;
    }

    /// <summary>The object at a path, made where it is missing.</summary>
    public static JsonObject Ensure(JsonObject node, params ReadOnlySpan<string> path)
    {
        foreach (string name in path)
        {
            if (node[name] is not JsonObject inner)
                node[name] = inner = [];
            node = inner;
        }
        return node;
    }

    public static string Now() => DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
