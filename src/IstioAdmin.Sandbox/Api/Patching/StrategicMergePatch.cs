using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Api.Resources;

namespace IstioAdmin.Sandbox.Api.Patching;

/// <summary>
/// Strategic merge patches: as JSON merge patches, but lists are merged by their items' keys where the type says so, with directives for the rest
/// (<c>apimachinery/pkg/util/strategicpatch</c>).
/// </summary>
internal static class StrategicMergePatch
{
    private const string Directive = "$patch";
    private const string RetainKeys = "$retainKeys";
    private const string OrderPrefix = "$setElementOrder/";
    private const string DeletePrefix = "$deleteFromPrimitiveList/";

    /// <summary>Applies a patch.</summary>
    /// <param name="target">The object; it is changed in its place.</param>
    /// <param name="patch">The patch; it is used up.</param>
    /// <param name="schema">The type of the object.</param>
    /// <returns>The patched object.</returns>
    /// <exception cref="ApiException">The patch cannot be applied (422, or 500 where the server has no better word for it).</exception>
    public static JsonObject Apply(JsonObject target, JsonObject patch, Schema schema)
    {
        switch (Text(patch[Directive]))
        {
            case null:
                break;
            case "replace":
                patch.Remove(Directive);
                return patch;
            case "delete":
                return [];
            case "merge":
                patch.Remove(Directive);
                break;
            case var other:
                throw Failed($"Unknown patch type found: {other} in map: {patch.ToJsonString()}");
        }
        if (patch[RetainKeys] is JsonArray retained)
        {
            HashSet<string> keep = [.. retained.Select(name => name?.ToString() ?? "")];
            foreach (string name in patch.Select(field => field.Key).Where(name => name[0] != '$' && patch[name] is not null && !keep.Contains(name)))
                throw Failed($"invalid patch format of {RetainKeys}: {name} is not among them");
            patch.Remove(RetainKeys);
            foreach (string name in target.Select(field => field.Key).Where(name => !keep.Contains(name)).ToArray())
                target.Remove(name);
        }
        foreach ((string key, JsonNode? value) in patch.ToArray())
        {
            if (key.StartsWith(DeletePrefix, StringComparison.Ordinal))
            {
                string name = key[DeletePrefix.Length..];
                if (target[name] is JsonArray list && value is JsonArray gone)
                    target[name] = new JsonArray([.. list.Where(item => !gone.Any(other => JsonNode.DeepEquals(item, other))).Select(item => item?.DeepClone())]);
                continue;
            }
            if (key.StartsWith(OrderPrefix, StringComparison.Ordinal))
            {
                // Beside the list itself it is read there.
                if (!patch.ContainsKey(key[OrderPrefix.Length..]) && value is JsonArray alone)
                    Merge(target, key[OrderPrefix.Length..], [], alone, schema);
                continue;
            }
            if (value is null)
                target.Remove(key);
            else if (value is JsonArray items)
                Merge(target, key, items, patch[OrderPrefix + key] as JsonArray, schema);
            else if (value is JsonObject inner)
                target[key] = Apply(target[key] is JsonObject existing ? Detached(target, key, existing) : [], (JsonObject)inner.DeepClone(), schema.Child(key) ?? Schema.Anything) is var merged
                    && Text(inner[Directive]) != "delete" ? merged : [];
            else
                target[key] = value.DeepClone();
        }
        return target;
    }

    private static JsonObject Detached(JsonObject owner, string key, JsonObject inner)
    {
        owner.Remove(key);
        return inner;
    }

    private static void Merge(JsonObject target, string name, JsonArray patch, JsonArray? order, Schema schema)
    {
        SchemaField? field = schema.Fields.GetValueOrDefault(name);
        bool has = target[name] is JsonArray;
        JsonArray original = target[name] as JsonArray ?? [];
        if (field is not { MergesList: true })
        {
            if (patch.Count > 0 || order is null)
                target[name] = new JsonArray([.. patch.Select(item => item is JsonObject map ? Clean(map) : item?.DeepClone())]);
            return;
        }
        if (!has && patch.Count == 0)
            return;
        target[name] = field.MergeKey is { } key ? Objects(original, patch, order, key, field.Schema.Element!) : Scalars(original, patch, order);
    }

    private static JsonArray Scalars(JsonArray original, JsonArray patch, JsonArray? order)
    {
        List<JsonNode?> merged = [.. original.Select(item => item?.DeepClone())];
        foreach (JsonNode? item in patch.Where(item => !merged.Exists(other => JsonNode.DeepEquals(item, other))))
            merged.Add(item?.DeepClone());
        return Ordered(merged, original, order ?? patch, item => item);
    }

    private static JsonArray Objects(JsonArray original, JsonArray patch, JsonArray? order, string key, Schema schema)
    {
        foreach (JsonNode? item in patch)
        {
            if (item is not JsonObject map)
                throw Failed("expected type map in a list that is merged by a key");
            if (Text(map[Directive]) == "replace")
                return new JsonArray([.. patch.OfType<JsonObject>().Where(other => !other.ContainsKey(Directive)).Select(Clean)]);
        }
        List<JsonNode?> merged = [.. original.Select(item => item?.DeepClone())];
        foreach (JsonObject item in patch.OfType<JsonObject>())
        {
            if (!item.TryGetPropertyValue(key, out JsonNode? identity))
                throw Failed($"map: {item.ToJsonString()} does not contain declared merge key: {key}");
            int at = merged.FindIndex(other => other is JsonObject map && JsonNode.DeepEquals(map[key], identity));
            if (Text(item[Directive]) == "delete")
                merged.RemoveAll(other => other is JsonObject map && JsonNode.DeepEquals(map[key], identity));
            else if (at >= 0)
                merged[at] = Apply((JsonObject)merged[at]!, (JsonObject)item.DeepClone(), schema);
            else
                merged.Add(Clean(item));
        }
        IEnumerable<JsonNode?> wanted = order ?? (IEnumerable<JsonNode?>)patch.Where(item => item is JsonObject map && !map.ContainsKey(Directive));
        return Ordered(merged, original, new JsonArray([.. wanted.Select(item => (item as JsonObject)?[key]?.DeepClone())]), item => (item as JsonObject)?[key]);
    }

    // What the patch orders is in its order; what only the server has keeps its place between.
    private static JsonArray Ordered(List<JsonNode?> merged, JsonArray original, JsonArray order, Func<JsonNode?, JsonNode?> identity)
    {
        List<JsonNode?> before = [.. original.Select(identity)];
        List<JsonNode?> wanted = [.. order];
        List<JsonNode?> ordered = [.. merged.Where(item => Index(wanted, identity(item)) >= 0).OrderBy(item => Index(wanted, identity(item)))];
        List<JsonNode?> rest = [.. merged.Where(item => Index(wanted, identity(item)) < 0)];
        var result = new JsonArray();
        int left = 0, right = 0;
        while (left < rest.Count || right < ordered.Count)
        {
            int restAt = left < rest.Count ? Index(before, identity(rest[left])) : -1;
            int orderedAt = right < ordered.Count ? Index(before, identity(ordered[right])) : -1;
            bool takeRest = right >= ordered.Count || (left < rest.Count && restAt >= 0 && orderedAt >= 0 && restAt < orderedAt);
            result.Add(takeRest ? rest[left++] : ordered[right++]);
        }
        return result;

        static int Index(List<JsonNode?> list, JsonNode? value) => list.FindIndex(other => JsonNode.DeepEquals(other, value));
    }

    // A new item: nothing to merge with, so directives and nulls say nothing.
    private static JsonObject Clean(JsonObject item)
    {
        var clean = new JsonObject();
        foreach ((string name, JsonNode? value) in item)
        {
            if (value is not null && name != Directive && name != RetainKeys && !name.StartsWith(OrderPrefix, StringComparison.Ordinal) && !name.StartsWith(DeletePrefix, StringComparison.Ordinal))
                clean[name] = value is JsonObject map ? Clean(map) : value is JsonArray list ? new JsonArray([.. list.Select(entry => entry is JsonObject inner ? Clean(inner) : entry?.DeepClone())]) : value.DeepClone();
        }
        return clean;
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static ApiException Failed(string why) => new(500, "", why);
}
