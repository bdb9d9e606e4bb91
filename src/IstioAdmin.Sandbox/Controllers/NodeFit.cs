using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Controllers;

/// <summary>Whether a pod may run on a node, as the scheduler and the DaemonSet controller ask alike.</summary>
internal static class NodeFit
{
    /// <summary>Whether the node's labels and name meet the pod's nodeSelector and required node affinity.</summary>
    public static bool Selects(JsonNode podSpec, JsonObject node)
    {
        if (podSpec["nodeSelector"] is JsonObject { Count: > 0 } wanted && !LabelSelector.OfMap(wanted).Matches(Meta.Labels(node)))
            return false;
        JsonObject[] terms = [.. Terms(podSpec)];
        return Json.At(podSpec, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution") is null || Array.Exists(terms, term => Meets(term, node));
    }

    /// <summary>The one node that a DaemonSet's pod is for; null when the affinity does not name one.</summary>
    public static string? NamedNode(JsonNode podSpec) => Terms(podSpec)
        .SelectMany(term => Meta.Items(term, "matchFields"))
        .Where(field => Json.Text(field, "key") == "metadata.name" && Json.Text(field, "operator") == "In")
        .Select(field => Json.Texts(field, "values") is [var name, ..] ? name : null)
        .FirstOrDefault();

    /// <summary>The taint that keeps a pod off a node; null when it tolerates all of these effects.</summary>
    /// <param name="podSpec">The pod's specification.</param>
    /// <param name="node">The node.</param>
    /// <param name="effects">Which effects count.</param>
    public static JsonObject? Repels(JsonNode podSpec, JsonObject node, params string[] effects)
    {
        JsonObject[] tolerations = [.. Meta.Items(podSpec, "tolerations")];
        return Meta.Items(node, "spec", "taints")
            .FirstOrDefault(taint => effects.Contains(Json.Text(taint, "effect")) && !Array.Exists(tolerations, toleration => Tolerates(toleration, taint)));
    }

    private static IEnumerable<JsonObject> Terms(JsonNode podSpec) =>
        Meta.Items(podSpec, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms");

    private static bool Meets(JsonObject term, JsonObject node)
    {
        JsonObject[] labels = [.. Meta.Items(term, "matchExpressions")], fields = [.. Meta.Items(term, "matchFields")];
        return labels.Length + fields.Length > 0
            && LabelSelector.OfExpressions(labels).Matches(Meta.Labels(node))
            && LabelSelector.OfExpressions(fields).Matches(name => name == "metadata.name" ? Meta.Name(node) : null);
    }

    private static bool Tolerates(JsonObject toleration, JsonObject taint)
    {
        string effect = Json.Text(toleration, "effect") ?? "", key = Json.Text(toleration, "key") ?? "";
        return (effect.Length == 0 || effect == Json.Text(taint, "effect"))
            && (key.Length == 0 || key == Json.Text(taint, "key"))
            && (Json.Text(toleration, "operator") == "Exists" || (key.Length > 0 && (Json.Text(toleration, "value") ?? "") == (Json.Text(taint, "value") ?? "")));
    }
}
