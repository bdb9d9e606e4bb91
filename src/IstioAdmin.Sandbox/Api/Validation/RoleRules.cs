using System.Text.Json.Nodes;
using IstioAdmin.Core;

namespace IstioAdmin.Sandbox.Api.Validation;

/// <summary>Rules of roles and their bindings.</summary>
internal static class RoleRules
{
    /// <summary>Checks a role.</summary>
    public static void Role(JsonObject item, List<FieldError> errors)
    {
        int at = 0;
        foreach (JsonNode? rule in item["rules"] as JsonArray ?? [])
        {
            string here = $"rules[{at++}]";
            if (rule.TextsAt("verbs").Count == 0)
                errors.Add(FieldError.Required(here + ".verbs", "verbs must contain at least one value"));
            if (rule.TextsAt("nonResourceURLs").Count > 0)
                continue;
            if (rule?["apiGroups"] is not JsonArray { Count: > 0 })
                errors.Add(FieldError.Required(here + ".apiGroups", "resource rules must supply at least one api group"));
            if (rule.TextsAt("resources").Count == 0)
                errors.Add(FieldError.Required(here + ".resources", "resource rules must supply at least one resource"));
        }
    }

    /// <summary>Checks a binding.</summary>
    public static void Binding(JsonObject item, List<FieldError> errors)
    {
        bool isCluster = item.TextAt("kind") == "ClusterRoleBinding";
        if (item.TextAt("roleRef.kind") is not { } kind || (kind != "ClusterRole" && (isCluster || kind != "Role")))
            errors.Add(FieldError.NotSupported("roleRef.kind", item.TextAt("roleRef.kind") ?? "", isCluster ? ["ClusterRole"] : ["Role", "ClusterRole"]));
        if (item.TextAt("roleRef.name") is null)
            errors.Add(FieldError.Required("roleRef.name"));
        int at = 0;
        foreach (JsonNode? subject in item["subjects"] as JsonArray ?? [])
        {
            string here = $"subjects[{at++}]";
            if (subject.TextAt("name") is null)
                errors.Add(FieldError.Required(here + ".name"));
            if (subject.TextAt("kind") is not ("ServiceAccount" or "User" or "Group"))
                errors.Add(FieldError.NotSupported(here + ".kind", subject.TextAt("kind") ?? "", "ServiceAccount", "User", "Group"));
            if (isCluster && subject.TextAt("kind") == "ServiceAccount" && subject.TextAt("namespace") is null)
                errors.Add(FieldError.Required(here + ".namespace"));
        }
    }
}
