using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Kube.Applying;

/// <summary>The fields of a manifest in the notation of <c>managedFields</c>; a list counts as one field.</summary>
internal static class FieldSet
{
    /// <summary>What tells an object from others, and so belongs to no manager.</summary>
    private static readonly string[] Identity = ["apiVersion", "kind", "metadata.name", "metadata.namespace", "metadata.resourceVersion", "metadata.uid"];

    /// <summary>The manifest's fields.</summary>
    public static JsonObject Of(JsonObject manifest) => Of(manifest, "");

    /// <summary>Whether a set has a field, or something inside it; a whole that was set covers all that is in it.</summary>
    public static bool Has(JsonObject fields, IEnumerable<string> path)
    {
        foreach (string name in path)
        {
            if (fields["f:" + name] is not JsonObject inner)
                return false;
            if (inner.Count == 0)
                return true;
            fields = inner;
        }
        return true;
    }

    // An empty map is there, and nothing in it is anybody's.
    private static JsonObject Inside(JsonObject map, string path) => map.Count == 0 ? new JsonObject { ["."] = new JsonObject() } : Of(map, path + ".");

    private static JsonObject Of(JsonObject map, string path)
    {
        var fields = new JsonObject();
        foreach ((string name, JsonNode? value) in map)
        {
            string inner = path + name;
            if (!Identity.Contains(inner))
                fields["f:" + name] = value is JsonObject nested ? Inside(nested, inner) : new JsonObject();
        }
        return fields;
    }
}
