using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api.Requests;
using IstioAdmin.Sandbox.Api.Storage;

namespace IstioAdmin.Sandbox.Api.Validation;

/// <summary>Whether objects may be as they are (<c>kubernetes/pkg/apis/*/validation</c>), for what people get wrong.</summary>
internal static class Validator
{
    private static readonly Dictionary<TypeKey, Action<JsonObject, List<FieldError>>> Rules = new()
    {
        [new("", "pods")] = (item, errors) => PodRules.Spec(item["spec"] as JsonObject ?? [], "spec", errors),
        [new("", "services")] = ServiceRules.Check,
        [new("", "configmaps")] = (item, errors) => KeyRules.Data(item, ["data", "binaryData"], errors),
        [new("", "secrets")] = (item, errors) => KeyRules.Data(item, ["data"], errors),
        [new("apps", "deployments")] = WorkloadRules.Deployment,
        [new("apps", "replicasets")] = WorkloadRules.ReplicaSet,
        [new("apps", "daemonsets")] = WorkloadRules.DaemonSet,
        [new("apps", "statefulsets")] = WorkloadRules.StatefulSet,
        [new("batch", "jobs")] = WorkloadRules.Job,
        [new("policy", "poddisruptionbudgets")] = WorkloadRules.Budget,
        [new("rbac.authorization.k8s.io", "roles")] = RoleRules.Role,
        [new("rbac.authorization.k8s.io", "clusterroles")] = RoleRules.Role,
        [new("rbac.authorization.k8s.io", "rolebindings")] = RoleRules.Binding,
        [new("rbac.authorization.k8s.io", "clusterrolebindings")] = RoleRules.Binding,
        [new("apiextensions.k8s.io", "customresourcedefinitions")] = DefinitionRules.Check,
        [new("admissionregistration.k8s.io", "mutatingwebhookconfigurations")] = WebhookRules.Check,
        [new("admissionregistration.k8s.io", "validatingwebhookconfigurations")] = WebhookRules.Check,
    };

    /// <summary>Refuses a new object that breaks rules.</summary>
    public static void CheckCreate(RequestContext context, JsonObject item)
    {
        List<FieldError> errors = [];
        MetadataRules.Check(context.Request, item, errors);
        Check(context, item, errors);
        Refuse(context, item, errors);
    }

    /// <summary>Refuses a change that breaks rules.</summary>
    public static void CheckUpdate(RequestContext context, JsonObject live, JsonObject item)
    {
        List<FieldError> errors = [];
        MetadataRules.Check(context.Request, item, errors);
        // Once as any object, once as an object of its type.
        MetadataRules.CheckUpdate(live, item, errors);
        MetadataRules.CheckUpdate(live, item, errors);
        if (context.Request.Subresource.Length == 0 || context.Custom is not null)
        {
            if (context.Request.Subresource.Length == 0)
                ImmutableRules.Check(context.Request.Key, live, item, errors);
            Check(context, item, errors);
        }
        Refuse(context, item, errors);
    }

    private static void Check(RequestContext context, JsonObject item, List<FieldError> errors)
    {
        if (context.Custom is { } custom)
        {
            if (custom.OpenApi is { } schema)
                SchemaRules.Check(item, schema, errors);
            return;
        }
        if (Rules.TryGetValue(context.Request.Key, out Action<JsonObject, List<FieldError>>? rules))
            rules(item, errors);
    }

    private static void Refuse(RequestContext context, JsonObject item, List<FieldError> errors)
    {
        if (errors.Count > 0)
            throw ApiErrors.Invalid(context.Request.Type.Group, context.Request.Type.Kind, item.TextAt("metadata.name") ?? "", errors);
    }
}
