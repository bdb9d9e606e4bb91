using System.Text.Json;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Listing;

namespace IstioAdmin.Core.Kube.Applying;

/// <summary>
/// Which fields were applied, noted on the object itself: what servers without server-side apply do not remember. Names only, so that
/// nothing secret is written twice.
/// </summary>
internal static class FieldRecord
{
    /// <summary>The annotation that holds the record.</summary>
    public const string Annotation = "istioadmin/applied-fields";

    /// <summary>Where kubectl keeps what it has applied, unless it applies on the server side.</summary>
    private const string KubectlAnnotation = "kubectl.kubernetes.io/last-applied-configuration";

    /// <summary>Notes on a manifest which fields it has.</summary>
    public static void Write(JsonObject manifest, string? ns)
    {
        var record = new JsonObject { ["object"] = Identity(ns, manifest.Metadata("name")), ["fields"] = FieldSet.Of(manifest) };
        manifest.Merge(new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [Annotation] = record.ToJsonString() } } });
    }

    /// <summary>The record as an entry of <c>managedFields</c>; null when there is none, or when it came with a copy of another object.</summary>
    public static JsonObject? Read(JsonObject item) =>
        Parse(item, Annotation) is { } record && (string?)record["object"] == Identity(item.Metadata("namespace"), item.Metadata("name"))
        && record["fields"] is JsonObject fields
            ? Entry(KubeApply.FieldManager, "Apply", (JsonObject)fields.DeepClone())
            : null;

    /// <summary>What kubectl has noted, as an entry of <c>managedFields</c>; null when it has noted nothing.</summary>
    public static JsonObject? ReadKubectl(JsonObject item) =>
        Parse(item, KubectlAnnotation) is { } manifest ? Entry("kubectl", "Update", FieldSet.Of(manifest)) : null;

    private static JsonObject Entry(string manager, string operation, JsonObject fields) =>
        new() { ["manager"] = manager, ["operation"] = operation, ["fieldsV1"] = fields };

    private static string Identity(string? ns, string? name) => $"{ns}/{name}";

    private static JsonObject? Parse(JsonObject item, string annotation)
    {
        try
        {
            return item.At("metadata", "annotations", annotation).Text() is { } text ? JsonNode.Parse(text) as JsonObject : null;
        }
        catch (JsonException)
        {
            // Somebody edited it by hand.
            return null;
        }
    }
}
