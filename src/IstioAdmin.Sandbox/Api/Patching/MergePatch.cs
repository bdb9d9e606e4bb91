using System.Text.Json.Nodes;

namespace IstioAdmin.Sandbox.Api.Patching;

/// <summary>JSON merge patches (RFC 7386).</summary>
internal static class MergePatch
{
    /// <summary>Applies a patch.</summary>
    /// <param name="target">The document; an object is changed in its place.</param>
    /// <param name="patch">The patch.</param>
    /// <returns>The patched document.</returns>
    public static JsonNode? Apply(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonObject changes)
            return patch?.DeepClone();
        JsonObject result = target as JsonObject ?? [];
        foreach ((string name, JsonNode? value) in changes)
        {
            if (value is null)
            {
                result.Remove(name);
                continue;
            }
            JsonNode? before = result[name];
            JsonNode? after = Apply(before, value);
            if (after != before)
                result[name] = after;
        }
        return result;
    }

    /// <summary>The patch that makes one document of another; documents that hold nulls cannot be made by any.</summary>
    public static JsonNode? Between(JsonNode? before, JsonNode? after)
    {
        if (before is not JsonObject from || after is not JsonObject to)
            return after?.DeepClone();
        var patch = new JsonObject();
        foreach ((string name, JsonNode? _) in from.Where(field => !to.ContainsKey(field.Key)))
            patch[name] = null;
        foreach ((string name, JsonNode? value) in to)
        {
            if (!from.TryGetPropertyValue(name, out JsonNode? had))
                patch[name] = Between(value is JsonObject ? new JsonObject() : null, value);
            else if (!JsonNode.DeepEquals(had, value))
                patch[name] = Between(had is JsonObject || value is not JsonObject ? had : new JsonObject(), value);
        }
        return patch;
    }
}
