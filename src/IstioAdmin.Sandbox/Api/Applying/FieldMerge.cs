using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Api.Resources;

namespace IstioAdmin.Sandbox.Api.Applying;

/// <summary>Puts fields into an object and takes them out of it, by its type's rules of ownership.</summary>
internal static class FieldMerge
{
    /// <summary>An object with another's fields put on top.</summary>
    public static JsonObject Merge(JsonObject live, JsonObject wanted, Schema schema) => (JsonObject)Merged(live, wanted, schema)!;

    /// <summary>An object without some of its fields.</summary>
    public static JsonObject Remove(JsonObject item, FieldTree fields, Schema schema) => Without(item, fields, schema) as JsonObject ?? [];

    /// <summary>Checks that an object has only what its type knows, and that the items of its lists can be told apart.</summary>
    /// <param name="item">The object.</param>
    /// <param name="schema">Its type.</param>
    /// <returns>What is wrong, in the words of the server.</returns>
    public static IReadOnlyList<string> Check(JsonObject item, Schema schema)
    {
        List<string> problems = [];
        Check(item, schema, "", problems);
        return problems;
    }

    private static JsonNode? Merged(JsonNode? live, JsonNode? wanted, Schema schema)
    {
        if (FieldShape.IsLeaf(live, wanted, schema) || wanted is null)
            return wanted?.DeepClone();
        if (wanted is JsonArray list)
        {
            Dictionary<string, JsonNode?> former = FieldShape.Items(live as JsonArray, schema), latter = FieldShape.Items(list, schema);
            return new JsonArray([
                .. former.Select(item => latter.TryGetValue(item.Key, out JsonNode? other) ? Merged(item.Value, other, schema.Element!) : item.Value?.DeepClone()),
                .. latter.Where(item => !former.ContainsKey(item.Key)).Select(item => item.Value?.DeepClone()),
            ]);
        }
        var merged = new JsonObject();
        var from = live as JsonObject;
        var to = (JsonObject)wanted;
        foreach ((string name, JsonNode? value) in from ?? [])
            merged[name] = to.TryGetPropertyValue(name, out JsonNode? other) ? Merged(value, other, schema.Child(name) ?? Schema.Opaque) : value?.DeepClone();
        foreach ((string name, JsonNode? value) in to.Where(field => from?.ContainsKey(field.Key) != true))
            merged[name] = value?.DeepClone();
        return merged;
    }

    private static JsonNode? Without(JsonNode? value, FieldTree fields, Schema schema)
    {
        if (value is JsonObject map && map.Count > 0)
        {
            if (schema.AtomicMap)
                return null;
            var left = new JsonObject();
            foreach ((string name, JsonNode? inner) in map)
            {
                FieldTree? child = fields.Find(FieldTree.Field(name));
                if (child?.IsMember != true)
                    left[name] = child is { IsEmpty: false } ? Without(inner, child, schema.Child(name) ?? Schema.Opaque) : inner?.DeepClone();
            }
            return left.Count > 0 ? left : null;
        }
        if (value is JsonArray list && list.Count > 0)
        {
            if (schema.Kind != ValueKind.List || schema.ListKind == ListKind.Atomic)
                return null;
            var left = new JsonArray();
            foreach (JsonNode? item in list)
            {
                FieldTree? child = fields.Find(FieldShape.Key(item, schema));
                if (child?.IsMember != true)
                    left.Add(child is { IsEmpty: false } ? Without(item, child, schema.Element!) : item?.DeepClone());
            }
            return left.Count > 0 ? left : null;
        }
        return value is JsonObject or JsonArray ? null : value?.DeepClone();
    }

    private static void Check(JsonNode? value, Schema schema, string path, List<string> problems)
    {
        if (value is JsonObject map && schema.Kind is ValueKind.Struct)
        {
            foreach ((string name, JsonNode? inner) in map)
            {
                if (path.Length == 0 && name is "apiVersion" or "kind")
                    continue;
                if (schema.Child(name) is { } child)
                    Check(inner, child, $"{path}.{name}", problems);
                else
                    problems.Add($"{path}.{name}: field not declared in schema");
            }
        }
        else if (value is JsonObject other && schema.Kind == ValueKind.Map)
        {
            foreach ((string name, JsonNode? inner) in other)
                Check(inner, schema.Element!, $"{path}.{name}", problems);
        }
        else if (value is JsonArray list && schema.Kind == ValueKind.List)
        {
            HashSet<string> seen = [];
            for (int at = 0; at < list.Count; at++)
            {
                if (schema.ListKind == ListKind.Atomic)
                {
                    Check(list[at], schema.Element!, $"{path}[{at}]", problems);
                    continue;
                }
                if (schema.ListKind == ListKind.Map
                    && schema.Keys.FirstOrDefault(key => (list[at] as JsonObject)?.ContainsKey(key) != true && schema.Element?.Fields.GetValueOrDefault(key)?.KeyDefault is null) is { } missing)
                {
                    problems.Add($"{path}: element {at}: associative list with keys has an element that omits key field \"{missing}\" (and doesn't have default value)");
                    continue;
                }
                string key = FieldShape.Key(list[at], schema);
                if (!seen.Add(key))
                    problems.Add($"{path}: duplicate entries for key [{string.Join(",", key[2..].Trim('{', '}').Split(',').Select(part => part.Replace("\":", "=", StringComparison.Ordinal).TrimStart('"')))}]");
                else
                    Check(list[at], schema.Element!, $"{path}[{key[2..]}]", problems);
            }
        }
        else if (value is not null && (schema.Kind is ValueKind.Struct or ValueKind.Map) && value is not JsonObject)
        {
            problems.Add($"{path}: expected map, got {Shown(value)}");
        }
        else if (value is not null && schema.Kind is ValueKind.List && value is not JsonArray)
        {
            problems.Add($"{path}: expected list, got {Shown(value)}");
        }
        else if (value is JsonObject or JsonArray && schema.Kind is ValueKind.Text or ValueKind.Whole or ValueKind.Number or ValueKind.Flag)
        {
            problems.Add($"{path}: expected {(schema.Kind == ValueKind.Text ? "string" : schema.Kind == ValueKind.Flag ? "boolean" : "numeric (int or float)")}, got {Shown(value!)}");
        }
    }

    private static string Shown(JsonNode value) => $"&{{{value.ToJsonString()}}}";
}
