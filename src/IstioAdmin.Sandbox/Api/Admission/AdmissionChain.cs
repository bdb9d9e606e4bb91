using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api.Requests;
using IstioAdmin.Sandbox.Api.Storage;

namespace IstioAdmin.Sandbox.Api.Admission;

/// <summary>What changes and judges objects before they are stored, in the order of the API server's plugins.</summary>
internal sealed class AdmissionChain(ApiMachinery machinery)
{
    private static readonly TypeKey Pods = new("", "pods");

    private readonly WebhookAdmission _webhooks = new(machinery);
    private readonly QuotaAdmission _quotas = new(machinery);

    /// <summary>Changes an object that is to be written.</summary>
    /// <param name="context">The request.</param>
    /// <param name="operation">CREATE or UPDATE.</param>
    /// <param name="item">The object.</param>
    /// <param name="live">The object as it is; null for a new one.</param>
    /// <returns>Whether the object may have to be brought into its form again; what webhooks change is in its form already.</returns>
    /// <exception cref="ApiException">It is refused.</exception>
    public async Task<bool> MutateAsync(RequestContext context, string operation, JsonObject item, JsonObject? live)
    {
        bool isPod = operation == "CREATE" && context.Request.Key == Pods && context.Request.Subresource.Length == 0;
        if (operation == "CREATE")
        {
            CheckNamespace(context, item);
            if (isPod)
            {
                LimitRanges.SetDefaults(machinery.Store, item);
                PodAdmission.Admit(machinery.Store, item);
            }
        }
        await _webhooks.MutateAsync(context, operation, item, live).ConfigureAwait(false);
        machinery.Escalation?.Check(context.User, context.Request.Attributes, item, live);
        return isPod;
    }

    /// <summary>Judges an object that is to be written.</summary>
    /// <returns>To be disposed of once the object has been stored; null when nothing waits for that.</returns>
    /// <exception cref="ApiException">It is refused.</exception>
    public async Task<IDisposable?> ValidateAsync(RequestContext context, string operation, JsonObject item, JsonObject? live)
    {
        if (context.Request.Key == Pods && context.Request.Subresource.Length == 0 && operation == "CREATE")
            LimitRanges.Check(machinery.Store, context, item);
        await _webhooks.ValidateAsync(context, operation, item, live).ConfigureAwait(false);
        return operation == "CREATE" ? await _quotas.CheckAsync(context, item).ConfigureAwait(false) : null;
    }

    /// <summary>Judges the deletion of an object.</summary>
    /// <exception cref="ApiException">It is refused.</exception>
    public async Task DeleteAsync(RequestContext context, JsonObject live)
    {
        await _webhooks.MutateAsync(context, "DELETE", null, live).ConfigureAwait(false);
        await _webhooks.ValidateAsync(context, "DELETE", null, live).ConfigureAwait(false);
    }

    // Nothing new in a namespace that is not there, or about to go (plugin NamespaceLifecycle).
    private void CheckNamespace(RequestContext context, JsonObject item)
    {
        if (context.Request.Namespace is not { } name)
            return;
        StoredObject stored = machinery.Store.Get(new TypeKey("", "namespaces"), null, name) ?? throw ApiErrors.NotFound(new TypeKey("", "namespaces"), name);
        if (!stored.Fields.TryGetValue("status.phase", out string? phase) || phase != "Terminating")
            return;
        ApiException refusal = ApiErrors.Forbidden(context.Request.Served, item.TextAt("metadata.name") ?? item.TextAt("metadata.generateName"),
            $"unable to create new content in namespace {name} because it is being terminated");
        refusal.Details!["causes"] = new JsonArray(new JsonObject
        {
            ["reason"] = "NamespaceTerminating",
            ["message"] = $"namespace {name} is being terminated",
            ["field"] = "metadata.namespace",
        });
        throw refusal;
    }
}
