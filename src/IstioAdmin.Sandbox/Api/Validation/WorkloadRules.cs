using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api.Requests;

namespace IstioAdmin.Sandbox.Api.Validation;

/// <summary>Rules of what makes pods, and of disruption budgets.</summary>
internal static class WorkloadRules
{
    /// <summary>Checks a deployment.</summary>
    public static void Deployment(JsonObject item, List<FieldError> errors)
    {
        JsonObject spec = item["spec"] as JsonObject ?? [];
        NotNegative(spec, "replicas", errors);
        Selected(spec, errors);
        Template(spec, errors, "Always");
        if (spec.TextAt("strategy.type") is { } strategy and not ("Recreate" or "RollingUpdate"))
            errors.Add(new FieldError("FieldValueNotSupported", "spec.strategy", $"Unsupported value: apps.DeploymentStrategy{{Type:{FieldError.Quote(strategy)}, RollingUpdate:(*apps.RollingUpdateDeployment)(nil)}}: supported values: \"Recreate\", \"RollingUpdate\""));
        if (spec.TextAt("strategy.type") == "Recreate" && spec.At("strategy.rollingUpdate") is not null)
            errors.Add(FieldError.Forbidden("spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'"));
        if (spec.TextAt("strategy.type") == "RollingUpdate" && IsZero(spec.At("strategy.rollingUpdate.maxUnavailable")) && IsZero(spec.At("strategy.rollingUpdate.maxSurge")))
            errors.Add(FieldError.InvalidShown("spec.strategy.rollingUpdate.maxUnavailable", "intstr.IntOrString{Type:0, IntVal:0, StrVal:\"\"}", "may not be 0 when `maxSurge` is 0"));
    }

    /// <summary>Checks a replica set.</summary>
    public static void ReplicaSet(JsonObject item, List<FieldError> errors)
    {
        JsonObject spec = item["spec"] as JsonObject ?? [];
        NotNegative(spec, "replicas", errors);
        Selected(spec, errors);
        Template(spec, errors, "Always");
    }

    /// <summary>Checks a daemon set.</summary>
    public static void DaemonSet(JsonObject item, List<FieldError> errors)
    {
        JsonObject spec = item["spec"] as JsonObject ?? [];
        Selected(spec, errors);
        Template(spec, errors, "Always");
        PodRules.Choice(spec["updateStrategy"] as JsonObject ?? [], "type", "spec.updateStrategy", errors, "OnDelete", "RollingUpdate");
    }

    /// <summary>Checks a stateful set.</summary>
    public static void StatefulSet(JsonObject item, List<FieldError> errors)
    {
        JsonObject spec = item["spec"] as JsonObject ?? [];
        NotNegative(spec, "replicas", errors);
        Selected(spec, errors);
        Template(spec, errors, "Always");
    }

    /// <summary>Checks a job.</summary>
    public static void Job(JsonObject item, List<FieldError> errors)
    {
        JsonObject spec = item["spec"] as JsonObject ?? [];
        foreach (string field in (string[])["parallelism", "completions", "backoffLimit"])
            NotNegative(spec, field, errors);
        Template(spec, errors, "OnFailure", "Never");
    }

    /// <summary>Checks a disruption budget.</summary>
    public static void Budget(JsonObject item, List<FieldError> errors)
    {
        JsonObject spec = item["spec"] as JsonObject ?? [];
        if (spec["minAvailable"] is not null && spec["maxUnavailable"] is not null)
            errors.Add(FieldError.InvalidShown("spec", "policy.PodDisruptionBudgetSpec", "minAvailable and maxUnavailable cannot be both set"));
    }

    private static bool IsZero(JsonNode? node) => node?.ToString() is "0" or "0%";

    private static void NotNegative(JsonObject spec, string field, List<FieldError> errors)
    {
        if (spec[field].Whole() is { } number and < 0)
            errors.Add(FieldError.Invalid("spec." + field, number, "must be greater than or equal to 0"));
    }

    private static void Selected(JsonObject spec, List<FieldError> errors)
    {
        if (spec["selector"] is not JsonObject selector)
        {
            errors.Add(FieldError.Required("spec.selector"));
        }
        else
        {
            foreach ((string key, JsonNode? value) in selector["matchLabels"] as JsonObject ?? [])
                MetadataRules.Label(key, value?.ToString() ?? "", "spec.selector.matchLabels", errors);
            if (selector.Count == 0)
                errors.Add(FieldError.InvalidShown("spec.selector", "v1.LabelSelector{MatchLabels:map[string]string(nil), MatchExpressions:[]v1.LabelSelectorRequirement(nil)}", "empty selector is invalid for deployment"));
        }
        if (spec["selector"] is JsonObject { Count: 0 })
            return;
        var labels = spec.At("template.metadata.labels") as JsonObject;
        if (!LabelSelector.Of(spec["selector"]).Matches(spec["template"]))
        {
            string shown = labels is null ? "map[string]string(nil)"
                : $"map[string]string{{{string.Join(", ", labels.OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{FieldError.Quote(label.Key)}:{FieldError.Quote(label.Value?.ToString() ?? "")}"))}}}";
            errors.Add(FieldError.InvalidShown("spec.template.metadata.labels", shown, "`selector` does not match template `labels`"));
        }
    }

    private static void Template(JsonObject spec, List<FieldError> errors, params string[] restartPolicies)
    {
        JsonObject template = spec["template"] as JsonObject ?? [];
        foreach ((string key, JsonNode? value) in template.At("metadata.labels") as JsonObject ?? [])
            MetadataRules.Label(key, value?.ToString() ?? "", "spec.template.labels", errors);
        JsonObject pod = template["spec"] as JsonObject ?? [];
        PodRules.Spec(pod, "spec.template.spec", errors);
        if (pod.TextAt("restartPolicy") is { } policy && policy is "Always" or "OnFailure" or "Never" && !restartPolicies.Contains(policy))
        {
            errors.Add(policy == "Always" ? FieldError.Required("spec.template.spec.restartPolicy", $"valid values: {string.Join(", ", restartPolicies.Select(FieldError.Quote))}")
                : FieldError.NotSupported("spec.template.spec.restartPolicy", policy, restartPolicies));
        }
    }
}
