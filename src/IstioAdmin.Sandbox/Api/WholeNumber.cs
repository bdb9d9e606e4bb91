using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using IstioAdmin.Core;

namespace IstioAdmin.Sandbox.Api;

/// <summary>Whole numbers in documents, whichever type of number made them.</summary>
internal static class WholeNumber
{
    /// <summary>The number; null when there is none, or it is not whole.</summary>
    public static long? Whole(this JsonNode? node) =>
        node is not JsonValue value ? null
        : value.TryGetValue(out long whole) ? whole
        : value.TryGetValue(out int small) ? small
        : value.GetValueKind() == JsonValueKind.Number
            && decimal.TryParse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number)
            && number == decimal.Truncate(number) && number is >= long.MinValue and <= long.MaxValue
            ? (long)number : null;

    /// <summary>The number at a path; null when there is none, or it is not whole.</summary>
    public static long? WholeAt(this JsonNode? node, string path) => node.At(path).Whole();
}
