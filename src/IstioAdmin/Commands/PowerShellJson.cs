using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Text.Json;
using System.Text.Json.Nodes;
using IstioAdmin.Core;

namespace IstioAdmin.Commands;

/// <summary>PowerShell's hashtables, lists and objects as JSON, as a parameter takes them.</summary>
/// <param name="parameter">The parameter's name, with its hyphen, for messages.</param>
/// <param name="errorId">The error's id when a value has no counterpart.</param>
/// <param name="remedy">What to give instead.</param>
internal sealed class PowerShellJson(string parameter, string errorId, string remedy)
{
    private const int MaxDepth = 100;

    /// <summary>The value, its lists and maps copied.</summary>
    /// <exception cref="MeshException">A value has no counterpart in JSON, or the nesting does not end.</exception>
    public JsonNode? Convert(object? value) => Convert(value, 0);

    /// <summary>What a parameter holds under PowerShell's wrapping.</summary>
    public static object? Unwrap(object? value) => value is PSObject shown ? shown.BaseObject : value;

    /// <summary>The error that names the parameter.</summary>
    public MeshException Invalid(string what) => new(errorId, FailureKind.InvalidInput, $"{parameter} {what}.", remedy);

    private JsonNode? Convert(object? value, int depth)
    {
        if (depth > MaxDepth)
            throw Invalid("is nested too deep, or contains itself");
        object? plain = Unwrap(value);
        switch (plain)
        {
            case null:
                return null;
            case JsonNode node:
                return node.DeepClone();
            case IDictionary map:
                var json = new JsonObject();
                foreach (DictionaryEntry entry in map)
                    json[System.Convert.ToString(entry.Key, CultureInfo.InvariantCulture)!] = Convert(entry.Value, depth + 1);
                return json;
            case string text:
                return JsonValue.Create(text);
            case bool flag:
                return JsonValue.Create(flag);
            case SwitchParameter flag:
                return JsonValue.Create(flag.IsPresent);
            case double or float or decimal:
                return JsonNode.Parse(JsonSerializer.Serialize(System.Convert.ToDecimal(plain, CultureInfo.InvariantCulture)));
            case sbyte or byte or short or ushort or int or uint or long:
                return JsonValue.Create(System.Convert.ToInt64(plain, CultureInfo.InvariantCulture));
            case Enum name:
                return JsonValue.Create(name.ToString());
            case PSCustomObject:
                var properties = new JsonObject();
                foreach (PSPropertyInfo property in PSObject.AsPSObject(value).Properties)
                    properties[property.Name] = Convert(property.Value, depth + 1);
                return properties;
            case IEnumerable list:
                return new JsonArray([.. list.Cast<object?>().Select(item => Convert(item, depth + 1))]);
            default:
                throw Invalid($"holds a {plain.GetType().Name}, which JSON and YAML have no word for");
        }
    }
}
