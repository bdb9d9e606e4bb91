using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api.Resources;
using IstioAdmin.Sandbox.Api.Discovery;

namespace IstioAdmin.Sandbox.Api.OpenApi;

/// <summary>
/// Describes the API in OpenAPI 2, as far as clients use it: the kinds with their fields, and which types can be patched with which parameters. Fields
/// of built-in kinds have no descriptions.
/// </summary>
internal sealed class OpenApiDocument
{
    private const string Meta = "io.k8s.apimachinery.pkg.apis.meta.v1.";
    private static readonly string[] Kept =
    [
        "description", "type", "format", "title", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength", "minLength", "pattern", "maxItems",
        "minItems", "uniqueItems", "multipleOf", "enum", "maxProperties", "minProperties", "required", "x-kubernetes-embedded-resource",
        "x-kubernetes-list-map-keys", "x-kubernetes-list-type", "x-kubernetes-map-type", "x-kubernetes-preserve-unknown-fields", "x-kubernetes-int-or-string",
    ];

    private readonly JsonObject _definitions = [];
    private readonly JsonObject _paths = [];

    private OpenApiDocument()
    {
    }

    /// <summary>Describes what is served at the moment.</summary>
    public static JsonObject Of(ResourceTypes types)
    {
        var document = new OpenApiDocument();
        document.Define(SchemaTable.BuiltIn.Named("meta.v1.ObjectMeta"));
        document.Define(SchemaTable.BuiltIn.Named("meta.v1.ListMeta"));
        foreach (ResourceType type in types.All)
        {
            document.AddKind(types, type);
            document.AddPath(type);
        }
        return new JsonObject
        {
            ["swagger"] = "2.0",
            ["info"] = new JsonObject { ["title"] = "Kubernetes", ["version"] = DiscoveryHandler.Version },
            ["paths"] = Sorted(document._paths),
            ["definitions"] = Sorted(document._definitions),
        };
    }

    private void AddKind(ResourceTypes types, ResourceType type)
    {
        string name = types.CustomOf(type) is { } custom ? AddCustom(custom) : AddBuiltIn(types, type);
        var definition = (JsonObject)_definitions[name]!;
        if (definition["x-kubernetes-group-version-kind"] is not JsonArray kinds)
            definition["x-kubernetes-group-version-kind"] = kinds = [];
        kinds.Add(Kind(type, type.Kind));
        if (!type.Verbs.Contains("list"))
            return;
        _definitions[name + "List"] = new JsonObject
        {
            ["type"] = "object",
            ["required"] = new JsonArray("items"),
            ["properties"] = new JsonObject
            {
                ["apiVersion"] = Typed("string"),
                ["items"] = new JsonObject { ["type"] = "array", ["items"] = Reference(name) },
                ["kind"] = Typed("string"),
                ["metadata"] = Reference(Meta + "ListMeta"),
            },
            ["x-kubernetes-group-version-kind"] = new JsonArray(Kind(type, type.ListKind)),
        };
    }

    private string AddBuiltIn(ResourceTypes types, ResourceType type)
    {
        Schema schema = types.SchemaOf(type);
        string name = schema.Name.Length > 0 ? Define(schema) : $"sandbox.{type.Group}.{type.Version}.{type.Kind}";
        if (_definitions[name] is not JsonObject definition)
            _definitions[name] = definition = Typed("object");
        if (definition["properties"] is JsonObject properties)
            AddIdentity(properties);
        return name;
    }

    private string AddCustom(CustomVersion custom)
    {
        ResourceType type = custom.Type;
        string name = $"{string.Join('.', Enumerable.Reverse(type.Group.Split('.')))}.{type.Version}.{type.Kind}";
        JsonObject definition = custom.OpenApi is { } schema && custom.Prunes ? Convert(schema) : Typed("object");
        // Types that are no CustomResourceDefinitions' own schema may say what they like of these.
        if (definition["properties"] is JsonObject properties)
        {
            AddIdentity(properties);
            properties["metadata"] = Reference(Meta + "ObjectMeta");
        }
        _definitions[name] = definition;
        return name;
    }

    private static void AddIdentity(JsonObject properties)
    {
        properties["apiVersion"] = Typed("string");
        properties["kind"] = Typed("string");
    }

    private string Define(Schema schema)
    {
        string name = schema.Name.StartsWith("meta.v1.", StringComparison.Ordinal) ? Meta + schema.Name["meta.v1.".Length..] : $"io.k8s.api.{schema.Name}";
        if (_definitions.ContainsKey(name))
            return name;
        JsonObject definition = Typed("object");
        // Before its fields, among which it may be itself.
        _definitions[name] = definition;
        if (schema.Fields.Count == 0)
            return name;
        var properties = new JsonObject();
        foreach (SchemaField field in schema.Fields.Values.OrderBy(field => field.Name, StringComparer.Ordinal))
        {
            JsonObject property = Describe(field.Schema);
            if (field.MergesList)
                property["x-kubernetes-patch-strategy"] = field.RetainsKeys ? "merge,retainKeys" : "merge";
            if (field.MergeKey is { } key)
                property["x-kubernetes-patch-merge-key"] = key;
            properties[field.Name] = property;
        }
        string[] required = [.. schema.Fields.Values.Where(field => field.Required).Select(field => field.Name).Order(StringComparer.Ordinal)];
        if (required.Length > 0)
            definition["required"] = new JsonArray([.. required.Select(each => JsonValue.Create(each))]);
        definition["properties"] = properties;
        return name;
    }

    private JsonObject Describe(Schema schema) => schema.Kind switch
    {
        ValueKind.Struct when schema.Name.Length > 0 => Reference(Define(schema)),
        ValueKind.Text or ValueKind.Quantity => Typed("string"),
        ValueKind.Whole => Typed("integer"),
        ValueKind.Number => Typed("number"),
        ValueKind.Flag => Typed("boolean"),
        ValueKind.Time or ValueKind.MicroTime => Typed("string", "date-time"),
        ValueKind.IntOrString => Typed("string", "int-or-string"),
        ValueKind.Bytes => Typed("string", "byte"),
        ValueKind.List => new JsonObject { ["type"] = "array", ["items"] = Describe(schema.Element!) },
        ValueKind.Map => new JsonObject { ["type"] = "object", ["additionalProperties"] = Describe(schema.Element!) },
        ValueKind.Struct or ValueKind.Raw => Typed("object"),
        _ => [],
    };

    // OpenAPI 2 knows less than the schemas of definitions: what it has no words for goes.
    private static JsonObject Convert(JsonObject schema)
    {
        var converted = new JsonObject();
        if (schema.FlagAt("nullable") == true)
        {
            if (schema["description"] is { } text)
                converted["description"] = text.DeepClone();
            return converted;
        }
        foreach (string name in Kept)
        {
            if (schema[name] is { } value)
                converted[name] = value.DeepClone();
        }
        if (schema.FlagAt("x-kubernetes-int-or-string") == true)
            converted.Remove("type");
        if (schema.FlagAt("x-kubernetes-preserve-unknown-fields") == true)
            return converted;
        if (schema["properties"] is JsonObject properties)
            converted["properties"] = new JsonObject(properties.Select(property => new KeyValuePair<string, JsonNode?>(property.Key, property.Value is JsonObject each ? Convert(each) : new JsonObject())));
        if (schema["items"] is JsonObject items)
            converted["items"] = Convert(items);
        if (schema["additionalProperties"] is JsonObject values)
            converted["additionalProperties"] = Convert(values);
        return converted;
    }

    private void AddPath(ResourceType type)
    {
        if (!type.Verbs.Contains("patch"))
            return;
        string root = type.Group.Length == 0 ? $"/api/{type.Version}" : $"/apis/{type.ApiVersion}";
        string path = type.Namespaced ? $"{root}/namespaces/{{namespace}}/{type.Plural}/{{name}}" : $"{root}/{type.Plural}/{{name}}";
        string id = $"patch{Word(type.Group)}{Word(type.Version)}{(type.Namespaced ? "Namespaced" : "")}{type.Kind}";
        string[] formats = ["application/json-patch+json", "application/merge-patch+json", .. type.IsCustom ? Array.Empty<string>() : ["application/strategic-merge-patch+json"], "application/apply-patch+yaml"];
        _paths[path] = new JsonObject
        {
            ["patch"] = new JsonObject
            {
                ["operationId"] = id,
                ["consumes"] = new JsonArray([.. formats.Select(format => JsonValue.Create(format))]),
                ["produces"] = new JsonArray("application/json"),
                ["parameters"] = new JsonArray(Parameter("dryRun", "string"), Parameter("fieldManager", "string"), Parameter("force", "boolean")),
                ["responses"] = new JsonObject { ["200"] = new JsonObject { ["description"] = "OK" } },
                ["x-kubernetes-action"] = "patch",
                ["x-kubernetes-group-version-kind"] = Kind(type, type.Kind),
            },
        };

        static JsonObject Parameter(string name, string kind) => new() { ["uniqueItems"] = true, ["type"] = kind, ["name"] = name, ["in"] = "query" };
        static string Word(string text) => string.Concat(text.Split('.', '-').Where(part => part.Length > 0).Select(part => char.ToUpperInvariant(part[0]) + part[1..]));
    }

    private static JsonObject Kind(ResourceType type, string kind) => new() { ["group"] = type.Group, ["kind"] = kind, ["version"] = type.Version };

    private static JsonObject Typed(string type, string? format = null)
    {
        var typed = new JsonObject { ["type"] = type };
        if (format is not null)
            typed["format"] = format;
        return typed;
    }

    private static JsonObject Reference(string name) => new() { ["$ref"] = "#/definitions/" + name };

    private static JsonObject Sorted(JsonObject map) => new(map.ToArray().OrderBy(each => each.Key, StringComparer.Ordinal)
        .Select(each => new KeyValuePair<string, JsonNode?>(each.Key, each.Value?.DeepClone())));
}
