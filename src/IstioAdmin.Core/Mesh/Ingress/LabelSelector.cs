using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Mesh.Ingress;

/// <summary>Selectors that are a list of labels, as Services and Gateways have them.</summary>
internal static class LabelSelector
{
    /// <summary>The labels of an object; none where there is none.</summary>
    public static IReadOnlyDictionary<string, string> Read(JsonNode? labels) =>
        (labels as JsonObject)?.Where(label => label.Value is JsonValue).ToDictionary(label => label.Key, label => label.Value!.ToString(), StringComparer.Ordinal)
        ?? new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Whether labels have all that a selector asks for.</summary>
    public static bool Matches(IReadOnlyDictionary<string, string> selector, JsonNode? labels) => Matches(selector, Read(labels));

    /// <inheritdoc cref="Matches(IReadOnlyDictionary{string, string}, JsonNode)"/>
    public static bool Matches(IReadOnlyDictionary<string, string> selector, IReadOnlyDictionary<string, string> labels) =>
        selector.All(wanted => labels.TryGetValue(wanted.Key, out string? value) && value == wanted.Value);

    /// <summary>In the API's syntax.</summary>
    public static string Text(IReadOnlyDictionary<string, string> selector) =>
        string.Join(',', selector.OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}={label.Value}"));

    /// <summary>The objects of a list; none where there is no list.</summary>
    public static IEnumerable<JsonObject> Objects(this JsonNode? list) => (list as JsonArray)?.OfType<JsonObject>() ?? [];

    /// <summary>A whole number; null when there is none.</summary>
    public static int? NumberAt(this JsonNode? node, string path) => node.At(path) is JsonValue value && int.TryParse(value.ToJsonString(), out int number) ? number : null;
}
