using System.Text.Json;
using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api.Patching;
using IstioAdmin.Sandbox.Api.Requests;
using IstioAdmin.Sandbox.Api.Resources;
using IstioAdmin.Sandbox.Api.Storage;

namespace IstioAdmin.Sandbox.Api.Admission;

/// <summary>Asks the webhooks of the store (<c>apiserver/pkg/admission/plugin/webhook</c>).</summary>
internal sealed class WebhookAdmission(ApiMachinery machinery)
{
    private static readonly TypeKey Mutating = new("admissionregistration.k8s.io", "mutatingwebhookconfigurations");
    private static readonly TypeKey Validating = new("admissionregistration.k8s.io", "validatingwebhookconfigurations");

    private readonly WebhookClient _client = new(machinery.Services);
    private readonly WebhookRegistry _mutating = new(machinery.Store, Mutating);
    private readonly WebhookRegistry _validating = new(machinery.Store, Validating);

    /// <summary>Lets the mutating webhooks change an object.</summary>
    /// <param name="context">The request.</param>
    /// <param name="operation">CREATE, UPDATE or DELETE.</param>
    /// <param name="item">The object, changed in its place; null when it is deleted.</param>
    /// <param name="live">The object as it is; null for a new one.</param>
    public async Task MutateAsync(RequestContext context, string operation, JsonObject? item, JsonObject? live)
    {
        foreach (JsonObject webhook in _mutating.Webhooks)
        {
            if (Match(context, webhook, operation, item, live) is not { } type || await AskAsync(context, webhook, type, operation, item, live).ConfigureAwait(false) is not { } response)
                continue;
            if (response.TextAt("patch") is not { } patch)
                continue;
            string name = webhook.TextAt("name")!;
            if (item is null)
                throw ApiErrors.Internal($"admission webhook \"{name}\" attempted to modify the object, which is not supported for this operation");
            Patch(context, item, type, patch, name);
        }
    }

    /// <summary>Lets the validating webhooks judge an object.</summary>
    /// <inheritdoc cref="MutateAsync"/>
    public async Task ValidateAsync(RequestContext context, string operation, JsonObject? item, JsonObject? live)
    {
        foreach (JsonObject webhook in _validating.Webhooks)
        {
            if (Match(context, webhook, operation, item, live) is { } type)
                await AskAsync(context, webhook, type, operation, item, live).ConfigureAwait(false);
        }
    }

    private static void Patch(RequestContext context, JsonObject item, ResourceType type, string patch, string name)
    {
        JsonObject patched;
        try
        {
            var shown = Conversion.Convert((JsonObject)item.DeepClone(), context.Request.Type, type);
            patched = (JsonPatch.Apply(shown, JsonNode.Parse(Convert.FromBase64String(patch))) as JsonObject) ?? throw JsonPatch.Rejected();
        }
        catch (Exception e) when (e is JsonException or FormatException or ApiException)
        {
            throw ApiErrors.Internal($"the patch of admission webhook \"{name}\" cannot be applied: {e.Message}");
        }
        patched = Conversion.Convert(patched, type, context.Request.Type);
        foreach (string field in item.Select(field => field.Key).ToArray())
            item.Remove(field);
        foreach ((string field, JsonNode? value) in patched.ToArray())
        {
            patched.Remove(field);
            item[field] = value;
        }
        ObjectWrites.Form(context, item);
    }

    // Null when it is not asked, or could not be and may be left out.
    private async Task<JsonObject?> AskAsync(RequestContext context, JsonObject webhook, ResourceType type, string operation, JsonObject? item, JsonObject? live)
    {
        string name = webhook.TextAt("name")!;
        if (context.IsDryRun && webhook.TextAt("sideEffects") is not ("None" or "NoneOnDryRun"))
            throw ApiErrors.BadRequest($"admission webhook \"{name}\" does not support dry run");
        JsonObject response;
        try
        {
            response = await _client.AskAsync(webhook, Review(context, webhook, type, operation, item, live), context.Cancel).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            if (webhook.TextAt("failurePolicy") == "Ignore")
                return null;
            throw ApiErrors.Internal($"failed calling webhook \"{name}\": {e.Message}");
        }
        return response.FlagAt("allowed") == true ? response : throw Denied(name, response["status"] as JsonObject);
    }

    private static ApiException Denied(string name, JsonObject? status)
    {
        string deniedBy = $"admission webhook \"{name}\" denied the request";
        string message = status.TextAt("message") is { } text ? $"{deniedBy}: {text}" : status.TextAt("reason") is { } reason ? $"{deniedBy}: {reason}" : $"{deniedBy} without explanation";
        int code = status.WholeAt("code") is { } given and >= 400 and < 600 ? (int)given : 400;
        return new ApiException(code, status.TextAt("reason") ?? "", message, status?["details"]?.DeepClone() as JsonObject);
    }

    private static JsonObject Review(RequestContext context, JsonObject webhook, ResourceType type, string operation, JsonObject? item, JsonObject? live)
    {
        ResourceRequest request = context.Request;
        string version = webhook.TextsAt("admissionReviewVersions").FirstOrDefault(one => one is "v1" or "v1beta1") ?? "v1beta1";
        var body = new JsonObject
        {
            ["uid"] = Guid.NewGuid().ToString(),
            ["kind"] = Kind(type),
            ["resource"] = Resource(type),
            ["requestKind"] = Kind(request.Type),
            ["requestResource"] = Resource(request.Type),
        };
        if (request.Subresource.Length > 0)
        {
            body["subResource"] = request.Subresource;
            body["requestSubResource"] = request.Subresource;
        }
        if ((request.Name ?? item.TextAt("metadata.name")) is { } name)
            body["name"] = name;
        if (request.Namespace is { } @namespace)
            body["namespace"] = @namespace;
        else if (request.Key == new TypeKey("", "namespaces") && body.TextAt("name") is { } own)
            body["namespace"] = own;
        body["operation"] = operation;
        body["userInfo"] = new JsonObject { ["username"] = context.User.Name, ["groups"] = new JsonArray([.. context.User.Groups.Select(group => (JsonNode)group)]) };
        if (context.User.Uid.Length > 0)
            body["userInfo"]!["uid"] = context.User.Uid;
        body["object"] = Shown(context, item, type);
        body["oldObject"] = Shown(context, live, type);
        body["dryRun"] = context.IsDryRun;
        body["options"] = new JsonObject { ["kind"] = operation switch { "CREATE" => "CreateOptions", "UPDATE" => "UpdateOptions", _ => "DeleteOptions" }, ["apiVersion"] = "meta.k8s.io/v1" };
        return new JsonObject { ["kind"] = "AdmissionReview", ["apiVersion"] = $"admission.k8s.io/{version}", ["request"] = body };
    }

    private static JsonObject? Shown(RequestContext context, JsonObject? item, ResourceType type) =>
        item is null ? null : Conversion.Convert((JsonObject)item.DeepClone(), context.Request.Type, type);

    private static JsonObject Kind(ResourceType type) => new() { ["group"] = type.Group, ["version"] = type.Version, ["kind"] = type.Kind };

    private static JsonObject Resource(ResourceType type) => new() { ["group"] = type.Group, ["version"] = type.Version, ["resource"] = type.Plural };

    // The version in which the webhook is to see the object; null when it is not to.
    private ResourceType? Match(RequestContext context, JsonObject webhook, string operation, JsonObject? item, JsonObject? live)
    {
        ResourceRequest request = context.Request;
        // They could never be repaired otherwise.
        if (request.Key == Mutating || request.Key == Validating)
            return null;
        ResourceType? type = Matches(webhook, request.Type, request, operation) ? request.Type : null;
        if (type is null && webhook.TextAt("matchPolicy") != "Exact")
            type = machinery.Types.All.FirstOrDefault(other => ResourceTypes.KeyOf(other) == request.Key && Matches(webhook, other, request, operation));
        return type is not null && MatchesNamespace(webhook, request, item ?? live) && MatchesObject(webhook, item, live) ? type : null;
    }

    private static bool Matches(JsonObject webhook, ResourceType type, ResourceRequest request, string operation)
    {
        string resource = request.Subresource.Length == 0 ? type.Plural : $"{type.Plural}/{request.Subresource}";
        return (webhook["rules"] as JsonArray ?? []).Any(rule =>
            Has(rule, "operations", operation) && Has(rule, "apiGroups", type.Group) && Has(rule, "apiVersions", type.Version)
            && (rule?["resources"] as JsonArray ?? []).Any(one => one?.ToString() is { } wanted && (wanted == resource || wanted == "*/*"
                || (wanted == "*" && request.Subresource.Length == 0) || wanted == $"*/{request.Subresource}" || wanted == $"{type.Plural}/*"))
            && rule.TextAt("scope") switch { "Namespaced" => type.Namespaced, "Cluster" => !type.Namespaced, _ => true });

        static bool Has(JsonNode? rule, string field, string value) => (rule?[field] as JsonArray ?? []).Any(one => one?.ToString() is { } text && (text == "*" || text == value));
    }

    private bool MatchesNamespace(JsonObject webhook, ResourceRequest request, JsonObject? item)
    {
        LabelSelector selector = LabelSelector.Of(webhook["namespaceSelector"] ?? new JsonObject());
        if (selector.IsEmpty)
            return true;
        if (request.Key == new TypeKey("", "namespaces"))
            return selector.Matches(item);
        return request.Namespace is not { } name || (machinery.Store.Get(new TypeKey("", "namespaces"), null, name) is { } found && selector.Matches(found.Labels));
    }

    private static bool MatchesObject(JsonObject webhook, JsonObject? item, JsonObject? live)
    {
        LabelSelector selector = LabelSelector.Of(webhook["objectSelector"] ?? new JsonObject());
        return selector.IsEmpty || (item is not null && selector.Matches(item)) || (live is not null && selector.Matches(live));
    }
}
