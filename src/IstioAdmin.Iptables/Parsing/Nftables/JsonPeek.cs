using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace IstioAdmin.Iptables.Parsing.Nftables;

/// <summary>Looks into JSON whose shape is not known beforehand: what is not there, or is something else, is null.</summary>
internal static class JsonPeek
{
    /// <summary>A member of an object.</summary>
    public static JsonElement? Member(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) ? value : null;

    /// <summary>A member that is a string.</summary>
    public static string? Text(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>A number from 0 to 2^32-1.</summary>
    public static uint? Number(this JsonElement? element) =>
        element is { ValueKind: JsonValueKind.Number } value && value.TryGetUInt32(out uint number) ? number : null;

    /// <summary>A string.</summary>
    public static string? Text(this JsonElement? element) => element is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>The items of an array; none when it is no array.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement? element) =>
        element is { ValueKind: JsonValueKind.Array } value ? value.EnumerateArray() : [];

    /// <summary>The items of an array, or the value itself: nft writes a list of one without its brackets.</summary>
    public static IEnumerable<JsonElement> OneOrMore(this JsonElement element) =>
        element.ValueKind == JsonValueKind.Array ? element.EnumerateArray() : [element];

    /// <summary>The only member of an object that has one, which is how nft writes everything: <c>{"kind": value}</c>.</summary>
    public static bool IsTagged(this JsonElement element, [NotNullWhen(true)] out string? kind, out JsonElement value)
    {
        (kind, value) = (null, default);
        if (element.ValueKind != JsonValueKind.Object)
            return false;
        foreach (JsonProperty member in element.EnumerateObject())
        {
            if (kind is not null)
                return false;
            (kind, value) = (member.Name, member.Value);
        }
        return kind is not null;
    }

    /// <summary>The value of the only member, when the object has one of that name.</summary>
    public static JsonElement? Tagged(this JsonElement element, string kind) =>
        element.IsTagged(out string? found, out JsonElement value) && found == kind ? value : null;
}
