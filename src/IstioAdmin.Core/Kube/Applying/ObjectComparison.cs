using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Kube.Applying;

/// <summary>Whether applying changed an object, judged by the object before and after.</summary>
internal static class ObjectComparison
{
    /// <summary>What the server keeps about an object's versions, not part of what it says.</summary>
    private static readonly string[] Bookkeeping = ["managedFields", "resourceVersion", "generation"];

    /// <summary>
    /// Whether both say the same. The resourceVersion does not tell: it is new when applying only made us one more manager of a field that
    /// had the wanted value already, and it is the old one when a dry run changes something. Status belongs to controllers, which may write it between the two looks; it counts only
    /// when the manifest speaks of it.
    /// </summary>
    public static bool Same(JsonObject before, JsonObject after, JsonObject manifest) =>
        JsonNode.DeepEquals(Essence(before, manifest), Essence(after, manifest));

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
}
