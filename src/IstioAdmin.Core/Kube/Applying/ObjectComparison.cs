using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Kube.Applying;

/// <summary>Whether applying changed an object, judged by the object before and after.</summary>
internal static class ObjectComparison
{
    /// <summary>What the server keeps about an object's versions, not part of what it says.</summary>
    private static readonly string[] Bookkeeping = ["managedFields", "resourceVersion", "generation"];

    /// <summary>
    /// Whether both say the same. A new resourceVersion alone does not mean a change: to become one more manager of a field that has the
    /// wanted value already writes managedFields. Status belongs to controllers, which may write it between the two looks; it counts only
    /// when the manifest speaks of it.
    /// </summary>
    public static bool Same(JsonObject before, JsonObject after, JsonObject manifest) =>
        VersionOf(before) is { } version && version == VersionOf(after)
        || JsonNode.DeepEquals(Essence(before, manifest), Essence(after, manifest));

    private static JsonObject Essence(JsonObject item, JsonObject manifest)
    {
        var essence = (JsonObject)item.DeepClone();
        if (essence["metadata"] is JsonObject metadata)
        {
            foreach (string field in Bookkeeping)
                metadata.Remove(field);
        }
        if (!manifest.ContainsKey("status"))
            essence.Remove("status");
        return essence;
    }

    private static string? VersionOf(JsonObject item) => Listing.JsonObjects.Metadata(item, "resourceVersion");
}
