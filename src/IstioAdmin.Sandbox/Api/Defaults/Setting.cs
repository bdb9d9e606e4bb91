using System.Text.Json.Nodes;

namespace IstioAdmin.Sandbox.Api.Defaults;

/// <summary>Sets what is not set.</summary>
internal static class Setting
{
    /// <summary>Sets a field that is not there, or null.</summary>
    public static void Set(JsonObject item, string field, JsonNode value)
    {
        if (item[field] is null)
            item[field] = value;
    }

    /// <summary>An object in a field, made when there is none.</summary>
    public static JsonObject Object(JsonObject item, string field)
    {
        if (item[field] is not JsonObject inner)
            item[field] = inner = [];
        return inner;
    }

    /// <summary>Does something with the object in a field, if there is one.</summary>
    public static void Inside(JsonObject? item, string field, Action<JsonObject> action)
    {
        if (item?[field] is JsonObject inner)
            action(inner);
    }

    /// <summary>Does something with each object of a list.</summary>
    public static void Each(JsonNode? list, Action<JsonObject> action)
    {
        foreach (JsonNode? item in list as JsonArray ?? [])
        {
            if (item is JsonObject map)
                action(map);
        }
    }
}
