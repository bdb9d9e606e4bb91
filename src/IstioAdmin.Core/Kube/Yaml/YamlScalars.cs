using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace IstioAdmin.Core.Kube.Yaml;

/// <summary>What an unquoted word of YAML means, by the rules that kubectl applies (YAML 1.1 as sigs.k8s.io/yaml reads it).</summary>
internal static partial class YamlScalars
{
    /// <summary>The value of an unquoted scalar: null, a flag, a number, or the text itself.</summary>
    public static JsonNode? Resolve(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => null,
        "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" => JsonValue.Create(true),
        "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF" => JsonValue.Create(false),
        _ when Whole().IsMatch(text) && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole) => JsonValue.Create(whole),
        _ when Hexadecimal().IsMatch(text) && long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long hex) => JsonValue.Create(hex),
        _ when Octal().IsMatch(text) => JsonValue.Create(Convert.ToInt64(text.Replace("o", "", StringComparison.Ordinal), 8)),
        _ when Fraction().IsMatch(text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double real) => JsonValue.Create(real),
        _ => JsonValue.Create(text),
    };

    /// <summary>Whether a text would be read as something else if it stood there without quotes.</summary>
    public static bool NeedsQuotes(string text) =>
        Resolve(text) is not JsonValue value || !value.TryGetValue(out string? _)
        // What other readers of YAML take for numbers, dates, or flags.
        || text is "y" or "Y" or "n" or "N" or "=" or "<<"
        || LooksNumeric().IsMatch(text);

    [GeneratedRegex(@"^[-+]?(?:0|[1-9][0-9]*)$")]
    private static partial Regex Whole();

    [GeneratedRegex(@"^0x[0-9a-fA-F]+$")]
    private static partial Regex Hexadecimal();

    [GeneratedRegex(@"^0o?[0-7]{1,20}$")]
    private static partial Regex Octal();

    [GeneratedRegex(@"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$")]
    private static partial Regex Fraction();

    [GeneratedRegex(@"^[-+.]?[0-9][0-9_,.:eE+\-TZtz ]*$|^[-+]?\.(?:inf|Inf|INF|nan|NaN|NAN)$")]
    private static partial Regex LooksNumeric();
}
