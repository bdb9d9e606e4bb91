using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api.Storage;

namespace IstioAdmin.Sandbox.Api.Validation;

/// <summary>What may not be changed once it is there.</summary>
internal static class ImmutableRules
{
    private const string PodUpdate = "pod updates may not change fields other than `spec.containers[*].image`, `spec.initContainers[*].image`, `spec.activeDeadlineSeconds` or `spec.tolerations` (only additions to existing tolerations)";

    private const string StatefulSetUpdate = "updates to statefulset spec for fields other than 'replicas', 'template', and 'updateStrategy' are forbidden";

    private static readonly Dictionary<TypeKey, string[]> Fields = new()
    {
        [new("apps", "deployments")] = ["spec.selector"],
        [new("apps", "replicasets")] = ["spec.selector"],
        [new("apps", "daemonsets")] = ["spec.selector"],
        [new("batch", "jobs")] = ["spec.completions", "spec.selector", "spec.template"],
        [new("", "secrets")] = ["type"],
        [new("scheduling.k8s.io", "priorityclasses")] = ["value"],
    };

    /// <summary>Checks a change.</summary>
    public static void Check(TypeKey key, JsonObject live, JsonObject item, List<FieldError> errors)
    {
        foreach (string field in Fields.GetValueOrDefault(key, []))
        {
            if (!JsonNode.DeepEquals(live.At(field), item.At(field)))
                errors.Add(new FieldError("FieldValueInvalid", field, $"Invalid value: {GoForm.Show(item.At(field), field)}: field is immutable"));
        }
        switch (key)
        {
            case { Group: "", Plural: "pods" } when !JsonNode.DeepEquals(FixedOf(live), FixedOf(item)):
                errors.Add(FieldError.Forbidden("spec", PodUpdate));
                break;
            case { Group: "apps", Plural: "statefulsets" } when !JsonNode.DeepEquals(Without(live["spec"], "replicas", "template", "updateStrategy"), Without(item["spec"], "replicas", "template", "updateStrategy")):
                errors.Add(FieldError.Forbidden("spec", StatefulSetUpdate));
                break;
            case { Group: "rbac.authorization.k8s.io", Plural: "rolebindings" or "clusterrolebindings" } when !JsonNode.DeepEquals(live["roleRef"], item["roleRef"]):
                errors.Add(FieldError.InvalidShown("roleRef", $"rbac.RoleRef{{APIGroup:{FieldError.Quote(item.TextAt("roleRef.apiGroup") ?? "")}, Kind:{FieldError.Quote(item.TextAt("roleRef.kind") ?? "")}, Name:{FieldError.Quote(item.TextAt("roleRef.name") ?? "")}}}", "cannot change roleRef"));
                break;
            case { Group: "", Plural: "services" } when live.TextAt("spec.type") != "ExternalName" && item.TextAt("spec.type") != "ExternalName" && live.TextAt("spec.clusterIP") is { } address && item.TextAt("spec.clusterIP") != address:
                errors.Add(FieldError.InvalidShown("spec.clusterIPs[0]", $"[]string{{{string.Join(", ", item.TextsAt("spec.clusterIPs").Select(FieldError.Quote))}}}", "may not change once set"));
                break;
            case { Group: "", Plural: "configmaps" or "secrets" } when live.FlagAt("immutable") == true:
                foreach (string field in (string[])["data", "binaryData", "immutable"])
                {
                    if (!JsonNode.DeepEquals(live[field], item[field]))
                        errors.Add(FieldError.Forbidden(field, field == "immutable" ? "field is immutable when `immutable` is set" : "field is immutable when `immutable` is set"));
                }
                break;
        }
    }

    private static JsonObject? FixedOf(JsonObject pod)
    {
        JsonObject? spec = Without(pod["spec"], "activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds");
        foreach (string list in (string[])["containers", "initContainers"])
        {
            foreach (JsonObject container in (spec?[list] as JsonArray ?? []).OfType<JsonObject>())
                container.Remove("image");
        }
        return spec;
    }

    private static JsonObject? Without(JsonNode? item, params string[] fields)
    {
        var copy = item?.DeepClone() as JsonObject;
        foreach (string field in fields)
            copy?.Remove(field);
        return copy;
    }
}
