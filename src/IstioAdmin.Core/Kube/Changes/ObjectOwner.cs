using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Applying;

namespace IstioAdmin.Core.Kube.Changes;

/// <summary>
/// Tells the objects that this module made from those that merely have the same name. An object is ours when it carries our labels and the
/// server has recorded our field manager as one that applied it: labels alone travel with copied manifests.
/// </summary>
internal static class ObjectOwner
{
    /// <summary>The label that carries the version of what the object belongs to.</summary>
    public const string Version = "app.kubernetes.io/version";

    /// <summary>The label that says who made the object.</summary>
    public const string ManagedBy = "app.kubernetes.io/managed-by";

    /// <summary>The label that says what the object belongs to.</summary>
    public const string PartOf = "app.kubernetes.io/part-of";

    /// <summary>Selects what <see cref="Mark"/> marked.</summary>
    public static string Selector(string partOf) => $"{ManagedBy}={KubeApply.FieldManager},{PartOf}={partOf}";

    public static void Mark(JsonObject labels, string partOf)
    {
        labels[ManagedBy] = KubeApply.FieldManager;
        labels[PartOf] = partOf;
    }

    public static bool Owns(string partOf, JsonObject existing) =>
        existing["metadata"]?["labels"] is JsonObject labels
        && (string?)labels[ManagedBy] == KubeApply.FieldManager
        && (string?)labels[PartOf] == partOf
        && ManagedFields.Entries(existing).Any(entry => (string?)entry["manager"] == KubeApply.FieldManager && (string?)entry["operation"] == "Apply");

    /// <summary>Who else wrote the object, for people: <c>kubectl-client-side-apply and helm</c>.</summary>
    public static string OtherManagers(JsonObject existing)
    {
        List<string> managers = [.. ManagedFields.Entries(existing)
            // A controller that only reports status does not manage the object.
            .Where(entry => entry["fieldsV1"] is not JsonObject fields || fields.Any(field => field.Key != "f:status"))
            .Select(entry => (string?)entry["manager"])
            .OfType<string>()
            .Where(manager => manager != KubeApply.FieldManager)
            .Distinct()];
        return managers.Count == 0 ? "somebody unknown" : string.Join(" and ", managers);
    }
}
