using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace IstioAdmin.Sandbox.Controllers;

/// <summary>
/// The words that name a workload's generations: a 32-bit FNV-1a in the alphabet that Kubernetes uses for names. The real ones hash a print of Go's structs;
/// these hash the JSON, so they look alike and differ.
/// </summary>
internal static class TemplateHash
{
    private const string Alphabet = "bcdfghjklmnpqrstvwxz2456789";

    /// <summary>The word of a template.</summary>
    /// <param name="template">The pod template.</param>
    /// <param name="collisions">How often its word was taken already.</param>
    public static string Of(JsonNode template, int collisions)
    {
        var text = new StringBuilder();
        Write(template, text);
        if (collisions > 0)
            text.Append(CultureInfo.InvariantCulture, $"#{collisions}");
        uint hash = 2166136261;
        foreach (byte one in Encoding.UTF8.GetBytes(text.ToString()))
            hash = (hash ^ one) * 16777619;
        return string.Concat(hash.ToString(CultureInfo.InvariantCulture).Select(digit => Alphabet[digit % Alphabet.Length]));
    }

    // Without regard to the order of fields.
    private static void Write(JsonNode? node, StringBuilder text)
    {
        switch (node)
        {
            case JsonObject map:
                text.Append('{');
                foreach ((string name, JsonNode? value) in map.OrderBy(field => field.Key, StringComparer.Ordinal))
                {
                    text.Append(name).Append(':');
                    Write(value, text);
                    text.Append(',');
                }
                text.Append('}');
                break;
            case JsonArray list:
                text.Append('[');
                foreach (JsonNode? value in list)
                {
                    Write(value, text);
                    text.Append(',');
                }
                text.Append(']');
                break;
            default:
                text.Append(node?.ToJsonString() ?? "null");
                break;
        }
    }
}
