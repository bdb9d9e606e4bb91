using System.Text.Json;

namespace IstioAdmin.Core.Kube;

/// <summary>Lenient reading of JSON that somebody else wrote: what is absent, null or of another type reads as null or empty.</summary>
internal static class JsonReading
{
    public static JsonElement? Child(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement child)
        && child.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined)
            ? child
            : null;

    /// <summary>Follows a path of property names.</summary>
    public static JsonElement? At(this JsonElement element, params ReadOnlySpan<string> path)
    {
        JsonElement? current = element;
        foreach (string name in path)
        {
            current = current?.Child(name);
        }
        return current;
    }

    public static string? Text(this JsonElement element, string name) => element.Child(name)?.AsText();

    public static string? AsText(this JsonElement element) =>
        element.ValueKind == JsonValueKind.String && element.GetString() is { Length: > 0 } text ? text : null;

    public static int? Number(this JsonElement element, string name) =>
        element.Child(name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out int value) ? value : null;

    public static bool? AsFlag(this JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    /// <summary>The elements of an array property; none when it is absent or no array.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement element, string name) =>
        element.Child(name) is { ValueKind: JsonValueKind.Array } array ? array.EnumerateArray() : [];

    /// <summary>The strings of an array.</summary>
    public static IReadOnlyList<string> AsTexts(this JsonElement element) =>
        element.ValueKind == JsonValueKind.Array ? [.. element.EnumerateArray().Select(AsText).OfType<string>()] : [];
}
