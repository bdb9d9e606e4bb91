using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Mesh;

/// <summary>Resources as people write them.</summary>
internal static class MeshManifest
{
    private const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";

    // What the server keeps, besides what it keeps for people.
    private static readonly string[] Bookkeeping =
        ["managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink", "deletionTimestamp", "deletionGracePeriodSeconds", "finalizers", "ownerReferences"];

    /// <summary>A copy without status and without the server's bookkeeping. Nothing else is lost, known to this module or not.</summary>
    public static JsonObject Clean(JsonObject resource)
    {
        var clean = (JsonObject)resource.DeepClone();
        clean.Remove("status");
        if (clean["metadata"] is not JsonObject metadata)
            return clean;
        foreach (string field in Bookkeeping)
            metadata.Remove(field);
        if (metadata["annotations"] is JsonObject annotations)
        {
            // A second copy of the same resource, as kubectl last wrote it.
            annotations.Remove(LastApplied);
            if (annotations.Count == 0)
                metadata.Remove("annotations");
        }
        return clean;
    }
}
