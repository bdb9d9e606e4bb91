using System.Text.Json.Nodes;
using IstioAdmin.Core;

namespace IstioAdmin.Sandbox.Api.Resources;

/// <summary>What the schema of a CustomResourceDefinition does to objects: fields go that it does not know, defaults come, and who owns what is told by it.</summary>
internal static class StructuralSchema
{
    /// <summary>The shape of objects, for who owns which field.</summary>
    public static Schema ForOwnership(JsonObject? openApi, bool preservesAll)
    {
        var root = new Schema(ValueKind.Struct);
        if (openApi is null || preservesAll)
            root.Element = Schema.Anything;
        foreach ((string name, JsonNode? property) in openApi?["properties"] as JsonObject ?? [])
        {
            if (name is not ("apiVersion" or "kind" or "metadata") && property is JsonObject inner)
                root.Fields[name] = new SchemaField(name, Of(inner, preservesAll));
        }
        if (openApi?.FlagAt("x-kubernetes-preserve-unknown-fields") == true)
            root.Element = Schema.Anything;
        root.Fields["apiVersion"] = new SchemaField("apiVersion", new Schema(ValueKind.Text));
        root.Fields["kind"] = new SchemaField("kind", new Schema(ValueKind.Text));
        root.Fields["metadata"] = new SchemaField("metadata", SchemaTable.BuiltIn.Named("meta.v1.ObjectMeta"));
        return root;
    }

    /// <summary>Whether schemas use what OpenAPI 2 does not have.</summary>
    public static bool IsBeyondOpenApi2(JsonNode? schemas) => schemas switch
    {
        JsonObject map => map.Any(field => (field.Key is "anyOf" or "oneOf" && field.Value is JsonArray) || (field.Key == "not" && field.Value is JsonObject)
            || (field.Key is "nullable" or "x-kubernetes-int-or-string" && field.Value.Flag() == true) || IsBeyondOpenApi2(field.Value)),
        JsonArray list => list.Any(IsBeyondOpenApi2),
        _ => false,
    };

    /// <summary>Takes away the fields that the schema does not know.</summary>
    public static void Prune(JsonObject item, JsonObject openApi) => PruneObject(item, openApi, isResource: true);

    /// <summary>Fills in the schema's defaults.</summary>
    public static void Default(JsonNode? value, JsonObject schema)
    {
        switch (value)
        {
            case JsonObject item:
                foreach ((string name, JsonNode? property) in schema["properties"] as JsonObject ?? [])
                {
                    if (property is not JsonObject inner)
                        continue;
                    bool has = item.TryGetPropertyValue(name, out JsonNode? found);
                    // A null that the schema does not allow is as good as nothing where there is a default.
                    if (inner["default"] is { } given && (!has || (found is null && inner.FlagAt("nullable") != true)))
                        item[name] = given.DeepClone();
                    Default(item[name], inner);
                }
                if (schema["additionalProperties"] is JsonObject additional)
                {
                    foreach ((string name, JsonNode? found) in item.ToArray())
                    {
                        if (schema["properties"] is not JsonObject known || !known.ContainsKey(name))
                            Default(found, additional);
                    }
                }
                break;
            case JsonArray list when schema["items"] is JsonObject items:
                foreach (JsonNode? entry in list)
                    Default(entry, items);
                break;
        }
    }

    private static void Prune(JsonNode? value, JsonObject schema)
    {
        if (value is JsonObject item)
        {
            PruneObject(item, schema, schema.FlagAt("x-kubernetes-embedded-resource") == true);
        }
        else if (value is JsonArray list && schema["items"] is JsonObject items)
        {
            foreach (JsonNode? entry in list)
                Prune(entry, items);
        }
    }

    private static void PruneObject(JsonObject item, JsonObject schema, bool isResource)
    {
        var properties = schema["properties"] as JsonObject;
        bool preserves = schema.FlagAt("x-kubernetes-preserve-unknown-fields") == true;
        foreach ((string name, JsonNode? found) in item.ToArray())
        {
            if (isResource && name is "apiVersion" or "kind" or "metadata" && isResource)
                continue;
            if (properties?[name] is JsonObject known)
                Prune(found, known);
            else if (schema["additionalProperties"] is JsonObject additional)
                Prune(found, additional);
            else if (!preserves && schema.FlagAt("additionalProperties") != true)
                item.Remove(name);
        }
    }

    private static Schema Of(JsonObject openApi, bool preservesAll)
    {
        bool preserves = preservesAll || openApi.FlagAt("x-kubernetes-preserve-unknown-fields") == true;
        if (openApi.FlagAt("x-kubernetes-int-or-string") == true)
            return new Schema(ValueKind.IntOrString);
        switch (openApi.TextAt("type"))
        {
            case "array":
                string? listType = openApi.TextAt("x-kubernetes-list-type");
                return new Schema(ValueKind.List)
                {
                    ListKind = listType switch { "set" => ListKind.Set, "map" => ListKind.Map, _ => ListKind.Atomic },
                    Keys = openApi.TextsAt("x-kubernetes-list-map-keys"),
                    Element = openApi["items"] is JsonObject items ? Of(items, preservesAll) : Schema.Opaque,
                };
            case "object" when openApi["additionalProperties"] is JsonObject additional && openApi["properties"] is null:
                return new Schema(ValueKind.Map) { Element = Of(additional, preservesAll), AtomicMap = openApi.TextAt("x-kubernetes-map-type") == "atomic" };
            case "object" or null when openApi["properties"] is JsonObject properties:
                var made = new Schema(ValueKind.Struct) { AtomicMap = openApi.TextAt("x-kubernetes-map-type") == "atomic", Element = preserves ? Schema.Anything : null };
                foreach ((string name, JsonNode? property) in properties)
                {
                    if (property is JsonObject inner)
                        made.Fields[name] = new SchemaField(name, Of(inner, preservesAll));
                }
                return made;
            case "object":
                return preserves ? Schema.Anything : new Schema(ValueKind.Struct) { AtomicMap = openApi.TextAt("x-kubernetes-map-type") == "atomic" };
            case "string":
                return new Schema(ValueKind.Text);
            case "integer":
                return new Schema(ValueKind.Whole);
            case "number":
                return new Schema(ValueKind.Number);
            case "boolean":
                return new Schema(ValueKind.Flag);
            default:
                return preserves ? Schema.Anything : Schema.Opaque;
        }
    }
}
