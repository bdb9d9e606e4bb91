using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Kube.Applying;

/// <summary>Whether applying changed an object, judged by the object before and after.</summary>
internal static class ObjectComparison
{
    /// <summary>What the server keeps about an object's versions, not part of what it says.</summary>
    private static readonly string[] Bookkeeping = ["managedFields", "resourceVersion", "generation"];

    /// <summary>
    /// Whether both say the same. The resourceVersion does not tell: it is new when applying only made us one more manager of a field that
    /// had the wanted value already, and it is the old one when a dry run changes something.
    /// </summary>
    public static bool Same(JsonObject before, JsonObject after) => JsonNode.DeepEquals(Essence(before), Essence(after));

    private static JsonObject Essence(JsonObject item)
    {
        var essence = (JsonObject)item.DeepClone();
        if (essence["metadata"] is JsonObject metadata)
        {
            foreach (string field in Bookkeeping)
                metadata.Remove(field);
            // Our own memory on old servers says nothing about the object either.
            if (metadata["annotations"] is JsonObject annotations && annotations.Remove(FieldRecord.Annotation) && annotations.Count == 0)
                metadata.Remove("annotations");
        }
        return essence;
    }
}
