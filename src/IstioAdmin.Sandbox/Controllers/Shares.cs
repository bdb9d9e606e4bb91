using System.Globalization;
using System.Text.Json.Nodes;

namespace IstioAdmin.Sandbox.Controllers;

/// <summary>A number or a percentage (<c>intstr.IntOrString</c>).</summary>
internal static class Shares
{
    /// <summary>What it is of a total; null when it is neither.</summary>
    /// <param name="value">The number or percentage.</param>
    /// <param name="total">The total.</param>
    /// <param name="up">Whether a part of one counts as one.</param>
    public static int? Of(JsonNode? value, int total, bool up)
    {
        if (value is not JsonValue known)
            return null;
        if (known.TryGetValue(out int number))
            return number;
        if (!known.TryGetValue(out string? text) || !text.EndsWith('%') || !int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out int percent))
            return null;
        double part = (double)percent * total / 100;
        return (int)(up ? Math.Ceiling(part) : Math.Floor(part));
    }
}
