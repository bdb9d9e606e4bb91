using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using IstioAdmin.Core;

namespace IstioAdmin.Sandbox.Api.Validation;

/// <summary>Whether a custom object is as its definition's schema wants it (<c>go-openapi/validate</c>, with the words of the API server).</summary>
internal static class SchemaRules
{
    private static readonly TimeSpan PatternTime = TimeSpan.FromSeconds(1);

    /// <summary>Checks an object.</summary>
    public static void Check(JsonObject item, JsonObject schema, List<FieldError> errors)
    {
        Value(item, schema, "", errors, isRoot: true);
        Keys(item, schema, "", errors);
    }

    private static void Value(JsonNode? value, JsonObject schema, string path, List<FieldError> errors, bool isRoot = false)
    {
        string shown = path.Length == 0 ? "<nil>" : path;
        if (value is null)
        {
            if (schema.FlagAt("nullable") != true && schema.TextAt("type") is { } wanted)
                errors.Add(FieldError.InvalidShown(shown, "\"null\"", $"{path} in body must be of type {wanted}: \"null\""));
            return;
        }
        string actual = TypeOf(value);
        if (schema.FlagAt("x-kubernetes-int-or-string") == true)
        {
            if (actual is not ("integer" or "string"))
                errors.Add(FieldError.InvalidShown(shown, $"\"{actual}\"", $"{path} in body must be of type integer,string: \"{actual}\""));
        }
        else if (schema.TextAt("type") is { } type && type != actual && !(type == "number" && actual == "integer"))
        {
            errors.Add(FieldError.InvalidShown(shown, $"\"{actual}\"", $"{path} in body must be of type {type}: \"{actual}\""));
            return;
        }
        if (schema["enum"] is JsonArray allowed && !allowed.Any(one => JsonNode.DeepEquals(one, value)))
            errors.Add(new FieldError("FieldValueNotSupported", shown, $"Unsupported value: {Quoted(value)}: supported values: {string.Join(", ", allowed.Select(one => FieldError.Quote(one?.ToString() ?? "")))}"));
        switch (value)
        {
            case JsonObject map:
                Object(map, schema, path, errors, isRoot);
                break;
            case JsonArray list:
                List(list, schema, path, errors);
                break;
            default:
                Scalar((JsonValue)value, schema, path, errors);
                break;
        }
        Combined(value, schema, path, errors);
    }

    private static void Object(JsonObject map, JsonObject schema, string path, List<FieldError> errors, bool isRoot)
    {
        Bounds(map.Count, "minProperties", "maxProperties", schema, path, errors, (count, limit, least) => least
            ? $"{path} in body should have at least {limit} properties" : $"{path} in body should have at most {limit} properties", map);
        var properties = schema["properties"] as JsonObject;
        foreach ((string name, JsonNode? inner) in map.OrderBy(field => field.Key, StringComparer.Ordinal))
        {
            if (isRoot && name is "apiVersion" or "kind" or "metadata" && isRoot)
                continue;
            if (properties?[name] is JsonObject known)
                Value(inner, known, Join(path, name), errors);
            else if (schema["additionalProperties"] is JsonObject additional)
                Value(inner, additional, Join(path, name), errors);
        }
        foreach (string required in schema.TextsAt("required").Where(name => !map.ContainsKey(name)))
            errors.Add(FieldError.Required(Join(path, required)));
    }

    private static void List(JsonArray list, JsonObject schema, string path, List<FieldError> errors)
    {
        if (schema["items"] is JsonObject items)
        {
            for (int at = 0; at < list.Count; at++)
                Value(list[at], items, $"{path}[{at}]", errors);
        }
        Bounds(list.Count, "minItems", "maxItems", schema, path, errors, (count, limit, least) => least
            ? $"{path} in body should have at least {limit} items" : $"{path} in body should have at most {limit} items", list);
    }

    // The items of sets and maps, looked at once everything else has been.
    private static void Keys(JsonNode? value, JsonObject schema, string path, List<FieldError> errors)
    {
        if (value is JsonObject fields)
        {
            foreach ((string name, JsonNode? inner) in fields.OrderBy(field => field.Key, StringComparer.Ordinal))
            {
                if ((schema["properties"]?[name] ?? schema["additionalProperties"]) is JsonObject known)
                    Keys(inner, known, Join(path, name), errors);
            }
            return;
        }
        if (value is not JsonArray list)
            return;
        string? listType = schema.TextAt("x-kubernetes-list-type");
        IReadOnlyList<string> keys = schema.TextsAt("x-kubernetes-list-map-keys");
        if (listType is "set" or "map")
        {
            HashSet<string> seen = [];
            for (int at = 0; at < list.Count; at++)
            {
                JsonNode? key = listType == "set" ? list[at]?.DeepClone() : new JsonObject(keys.Select(name => KeyValuePair.Create(name, (list[at] as JsonObject)?[name]?.DeepClone())));
                if (!seen.Add(key?.ToJsonString() ?? "null"))
                    errors.Add(new FieldError("FieldValueDuplicate", $"{path}[{at}]", $"Duplicate value: {(key is JsonObject map ? $"map[string]interface {{}}{{{string.Join(", ", map.Select(one => $"{FieldError.Quote(one.Key)}:{Quoted(one.Value)}"))}}}" : Quoted(key))}"));
            }
        }
        if (schema["items"] is JsonObject items)
        {
            for (int at = 0; at < list.Count; at++)
                Keys(list[at], items, $"{path}[{at}]", errors);
        }
    }

    private static void Scalar(JsonValue value, JsonObject schema, string path, List<FieldError> errors)
    {
        if (value.TryGetValue(out string? text))
        {
            if (schema.TextAt("pattern") is { } pattern && !Matches(text, pattern))
                errors.Add(FieldError.InvalidShown(path, FieldError.Quote(text), $"{path} in body should match '{pattern}'"));
            int length = new StringInfo(text).LengthInTextElements;
            Bounds(length, "minLength", "maxLength", schema, path, errors, (count, limit, least) => least
                ? $"{path} in body should be at least {limit} chars long" : $"{path} in body should be at most {limit} chars long", value);
            return;
        }
        if (value.GetValueKind() != JsonValueKind.Number)
            return;
        decimal number = decimal.Parse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture);
        if (Limit(schema, "minimum") is { } least && (number < least || (schema.FlagAt("exclusiveMinimum") == true && number == least)))
            errors.Add(FieldError.InvalidShown(path, Quoted(value), $"{path} in body should be greater than {(schema.FlagAt("exclusiveMinimum") == true ? "" : "or equal to ")}{Plain(least)}"));
        if (Limit(schema, "maximum") is { } most && (number > most || (schema.FlagAt("exclusiveMaximum") == true && number == most)))
            errors.Add(FieldError.InvalidShown(path, Quoted(value), $"{path} in body should be less than {(schema.FlagAt("exclusiveMaximum") == true ? "" : "or equal to ")}{Plain(most)}"));
        if (Limit(schema, "multipleOf") is { } step && step != 0 && number % step != 0)
            errors.Add(FieldError.InvalidShown(path, Quoted(value), $"{path} in body should be a multiple of {Plain(step)}"));
    }

    private static void Combined(JsonNode value, JsonObject schema, string path, List<FieldError> errors)
    {
        foreach (JsonObject all in (schema["allOf"] as JsonArray ?? []).OfType<JsonObject>())
            Value(value, all, path, errors);
        if (schema["anyOf"] is JsonArray { Count: > 0 } any && schema.FlagAt("x-kubernetes-int-or-string") != true && !any.OfType<JsonObject>().Any(one => Fits(value, one)))
            errors.Add(FieldError.InvalidShown(path.Length == 0 ? "<nil>" : path, "\"\"", $"\"{path}\" must validate at least one schema (anyOf)"));
        if (schema["oneOf"] is JsonArray { Count: > 0 } one && one.OfType<JsonObject>().Count(other => Fits(value, other)) is var count and not 1)
            errors.Add(FieldError.InvalidShown(path.Length == 0 ? "<nil>" : path, "\"\"", $"\"{path}\" must validate one and only one schema (oneOf). Found {(count == 0 ? "none valid" : $"{count} valid alternatives")}"));
        if (schema["not"] is JsonObject not && Fits(value, not))
            errors.Add(FieldError.InvalidShown(path.Length == 0 ? "<nil>" : path, "\"\"", $"\"{path}\" must not validate the schema (not)"));
    }

    private static bool Fits(JsonNode value, JsonObject schema)
    {
        List<FieldError> errors = [];
        Value(value, schema, "", errors);
        return errors.Count == 0;
    }

    private static void Bounds(long count, string least, string most, JsonObject schema, string path, List<FieldError> errors, Func<long, decimal, bool, string> words, JsonNode value)
    {
        _ = value;
        if (Limit(schema, least) is { } low && count < low)
            errors.Add(FieldError.InvalidShown(path, "\"\"", words(count, low, true)));
        if (Limit(schema, most) is { } high && count > high)
            errors.Add(FieldError.InvalidShown(path, "\"\"", words(count, high, false)));
    }

    // A pattern of Go that this platform cannot read is not checked.
    private static bool Matches(string text, string pattern)
    {
        try
        {
            return Regex.IsMatch(text, pattern, RegexOptions.CultureInvariant, PatternTime);
        }
        catch (Exception e) when (e is ArgumentException or RegexMatchTimeoutException)
        {
            return true;
        }
    }

    private static decimal? Limit(JsonObject schema, string field) =>
        schema[field] is JsonValue value && decimal.TryParse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out decimal limit) ? limit : null;

    private static string Plain(decimal number) => (number / 1.000000000000000000000000000000m).ToString(CultureInfo.InvariantCulture);

    private static string Quoted(JsonNode? value) => value is JsonValue scalar && scalar.TryGetValue(out string? text) ? FieldError.Quote(text) : value?.ToJsonString() ?? "null";

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private static string TypeOf(JsonNode value) => value.GetValueKind() switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => value.ToJsonString() is var number && number.AsSpan().IndexOfAny(".eE") >= 0 && decimal.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal real) && real != decimal.Floor(real) ? "number" : "integer",
        _ => "boolean",
    };
}
