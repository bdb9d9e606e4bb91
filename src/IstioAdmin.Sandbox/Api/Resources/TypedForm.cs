using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace IstioAdmin.Sandbox.Api.Resources;

/// <summary>
/// Brings an object of a built-in type into the form that the API server's Go types give it: fields that the type does not have go, and so do empty
/// ones, except those that are always written; amounts and times are written in one way.
/// </summary>
internal static class TypedForm
{
    /// <summary>Brings an object into its form.</summary>
    /// <exception cref="ApiException">A value is not of its field's type (400).</exception>
    /// <param name="item">The object.</param>
    /// <param name="schema">Its type's form.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="version">Its version.</param>
    /// <param name="only">The fields at the root that may not be in their form yet; null for all.</param>
    public static void Apply(JsonObject item, Schema schema, string kind, string version, IReadOnlyCollection<string>? only = null)
    {
        try
        {
            Struct(item, schema, isRoot: true, only);
        }
        catch (WrongValueException e)
        {
            throw ApiErrors.BadRequest($"{kind} in version \"{version}\" cannot be handled as a {kind}: {version}.{kind}{e.Path}: {e.Message}");
        }
    }

    private static void Struct(JsonObject item, Schema schema, bool isRoot = false, IReadOnlyCollection<string>? only = null)
    {
        List<KeyValuePair<string, JsonNode?>>? changes = null;
        foreach ((string name, JsonNode? value) in item)
        {
            if (only?.Contains(name) == false)
                continue;
            if (isRoot && name is "apiVersion" or "kind" && !schema.Fields.ContainsKey(name))
                continue;
            JsonNode? formed = null;
            if (value is not null && schema.Fields.TryGetValue(name, out SchemaField? field))
            {
                try
                {
                    formed = Value(value, field.Schema);
                }
                // Where it was is told on the way out.
                catch (WrongValueException e) when (e.IsIn(name))
                {
                    throw;
                }
                if (formed is not null && !field.Pointer && !field.Always && IsEmpty(formed))
                    formed = null;
            }
            if (formed is null || formed != value)
                (changes ??= []).Add(new(name, formed));
        }
        foreach ((string name, JsonNode? formed) in changes ?? [])
        {
            if (formed is null)
                item.Remove(name);
            else
                item[name] = formed;
        }
        foreach (SchemaField field in schema.AlwaysWritten)
        {
            if (!item.ContainsKey(field.Name))
                item[field.Name] = field.Pointer ? null : field.Schema.Zero();
        }
    }

    // Null where nothing is left of it.
    private static JsonNode? Value(JsonNode value, Schema schema)
    {
        JsonValueKind kind = value.GetValueKind();
        switch (schema.Kind)
        {
            case ValueKind.Struct:
                Struct(value as JsonObject ?? throw Wrong("an object", kind), schema);
                return value;
            case ValueKind.Map:
                return Map(value as JsonObject ?? throw Wrong("a map", kind), schema.Element!);
            case ValueKind.List:
                JsonArray list = value as JsonArray ?? throw Wrong("a list", kind);
                for (int at = 0; at < list.Count; at++)
                {
                    JsonNode? entry = list[at];
                    JsonNode? formed = entry is null ? schema.Element!.Zero() : Value(entry, schema.Element!);
                    if (formed != entry)
                        list[at] = formed;
                }
                return list.Count > 0 ? list : null;
            case ValueKind.Text when kind != JsonValueKind.String:
                throw Wrong("a string", kind);
            case ValueKind.Flag when kind is not (JsonValueKind.True or JsonValueKind.False):
                throw Wrong("a bool", kind);
            case ValueKind.Whole when value.Whole() is null:
                throw Wrong("an integer", kind);
            case ValueKind.Number when kind != JsonValueKind.Number:
                throw Wrong("a number", kind);
            case ValueKind.IntOrString when kind is not (JsonValueKind.Number or JsonValueKind.String):
                throw Wrong("an integer or a string", kind);
            case ValueKind.Quantity:
                string amount = kind switch
                {
                    JsonValueKind.String => value.GetValue<string>(),
                    JsonValueKind.Number => value.ToJsonString(),
                    _ => throw Wrong("a quantity", kind),
                };
                if (!Quantity.TryParse(amount, out Quantity quantity))
                    throw new WrongValueException("unmarshalerDecoder: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
                return quantity.ToString() is var canonical && canonical == amount && kind == JsonValueKind.String ? value : canonical;
            case ValueKind.Time or ValueKind.MicroTime:
                return Time(value, schema.Kind, kind);
            case ValueKind.Bytes:
                if (kind != JsonValueKind.String)
                    throw Wrong("base64 text", kind);
                if (!Convert.TryFromBase64String(value.GetValue<string>(), new byte[value.GetValue<string>().Length], out _))
                    throw new WrongValueException("base64Codec: illegal base64 data at input byte 0");
                return value;
            default:
                return value;
        }
    }

    private static JsonObject? Map(JsonObject map, Schema element)
    {
        List<KeyValuePair<string, JsonNode?>>? changes = null;
        foreach ((string key, JsonNode? entry) in map)
        {
            JsonNode? formed = entry is null ? element.Zero() : Value(entry, element);
            if (formed != entry)
                (changes ??= []).Add(new(key, formed));
        }
        foreach ((string key, JsonNode? formed) in changes ?? [])
            map[key] = formed;
        return map.Count > 0 ? map : null;
    }

    private static JsonNode Time(JsonNode value, ValueKind schema, JsonValueKind kind)
    {
        if (kind != JsonValueKind.String)
            throw Wrong("a time", kind);
        string text = value.GetValue<string>();
        // Nearly every time is in its form already.
        if (schema == ValueKind.Time && DateTime.TryParseExact(text, "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
            return value;
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time))
            throw new WrongValueException($"unmarshalerDecoder: parsing time \"{text}\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"{text}\" as \"2006\"");
        string formed = schema == ValueKind.MicroTime
            ? time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture)
            : time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        return formed == text ? value : formed;
    }

    private static bool IsEmpty(JsonNode value) => value switch
    {
        JsonArray list => list.Count == 0,
        JsonObject => false,
        _ => value.GetValueKind() switch
        {
            JsonValueKind.String => value.GetValue<string>().Length == 0,
            JsonValueKind.False => true,
            JsonValueKind.Number => value.Whole() is 0,
            _ => false,
        },
    };

    private static WrongValueException Wrong(string wanted, JsonValueKind found) => new($"{wanted} is needed, not {found switch
    {
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.Array => "a list",
        JsonValueKind.Object => "an object",
        _ => "a bool",
    }}");

    // A value that is not of its field's type; where it is, is put together on the way out.
    private sealed class WrongValueException(string message) : Exception(message)
    {
        public string Path { get; private set; } = "";

        public bool IsIn(string field)
        {
            Path = $".{char.ToUpperInvariant(field[0])}{field[1..]}{Path}";
            return false;
        }
    }
}
