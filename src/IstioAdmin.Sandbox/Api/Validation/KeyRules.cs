using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace IstioAdmin.Sandbox.Api.Validation;

/// <summary>Rules of the keys of config maps and secrets.</summary>
internal static partial class KeyRules
{
    /// <summary>Checks the keys of some maps.</summary>
    public static void Data(JsonObject item, string[] fields, List<FieldError> errors)
    {
        foreach (string field in fields)
        {
            foreach ((string key, JsonNode? _) in item[field] as JsonObject ?? [])
            {
                if (!Pattern().IsMatch(key))
                    errors.Add(FieldError.Invalid($"{field}[{key}]", key, "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"));
            }
        }
    }

    [GeneratedRegex(@"^[-._a-zA-Z0-9]+\z")]
    private static partial Regex Pattern();
}
