using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Api.Admission;
using IstioAdmin.Sandbox.Api.Resources;
using IstioAdmin.Sandbox.Api.Storage;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Controllers;

/// <summary>
/// Writes into the status of resource quotas what they allow and what is used of it (<c>pkg/controller/resourcequota</c> of Kubernetes 1.20). It watches the types
/// of objects that quotas are about, from the first quota on; scopes are not looked at.
/// </summary>
internal sealed class QuotaController : Controller
{
    private readonly Informer _quotas;
    private readonly Dictionary<TypeKey, Informer> _counted;

    // One worker: what is watched has no other user.
    public QuotaController(ControllerContext context)
        : base(context, "resourcequota-controller", 1)
    {
        _quotas = Informers.Of("api/v1/resourcequotas");
        // Its own changes tell already that they are to be counted.
        _counted = new Dictionary<TypeKey, Informer> { [new TypeKey("", "resourcequotas")] = _quotas };
        _quotas.OnChange((before, now) =>
        {
            Recount(before, now);
            if (now is not null && (before is null || !JsonNode.DeepEquals(Json.At(before, "spec"), Json.At(now, "spec"))))
                Queue.Add(Informer.KeyOf(now));
        });
    }

    protected override async Task SyncAsync(string key)
    {
        if (_quotas.Find(key) is not { } quota || Meta.IsDeleting(quota))
            return;
        string ns = Meta.Namespace(quota)!;
        JsonObject hard = [], used = [];
        foreach ((string resource, JsonNode? bound) in Json.At(quota, "spec", "hard") as JsonObject ?? [])
        {
            hard[resource] = bound?.DeepClone();
            if (QuotaResources.TypeOf(resource) is not { } type || await CountedAsync(type).ConfigureAwait(false) is not { } objects)
                continue;
            Quantity amount = QuotaResources.IsCount(resource)
                ? QuotaResources.One.Times(objects.CountBy(Informers.ByNamespace, ns))
                : QuotaResources.Used(type, resource, objects.By(Informers.ByNamespace, ns));
            used[resource] = amount.ToString();
        }
        await SetStatusAsync(_quotas, quota, new JsonObject { ["hard"] = WithoutOld(quota, "hard", hard), ["used"] = WithoutOld(quota, "used", used) }).ConfigureAwait(false);
    }

    // What is no longer limited is taken away, as a merge patch does it.
    private static JsonObject WithoutOld(JsonObject quota, string field, JsonObject now)
    {
        foreach ((string resource, _) in Json.At(quota, "status", field) as JsonObject ?? [])
        {
            if (!now.ContainsKey(resource))
                now[resource] = null;
        }
        return now;
    }

    /// <summary>The objects of a type, watched from now on; null for a type that is not served, whose definition may come later.</summary>
    private async Task<Informer?> CountedAsync(TypeKey type)
    {
        if (_counted.TryGetValue(type, out Informer? known))
            return known;
        (IReadOnlyList<ServedResource> types, _) = await ServedResource.DiscoverAsync(Api, End).ConfigureAwait(false);
        if (ServedResource.Preferred(types).FirstOrDefault(served => served.Namespaced && served.Group == type.Group && served.Plural == type.Plural) is not { } found)
            return null;
        Informer objects = Informers.Of(found.Path);
        objects.OnChange(Recount);
        await objects.Synced.WaitAsync(End).ConfigureAwait(false);
        return _counted[type] = objects;
    }

    private void Recount(JsonObject? before, JsonObject? now)
    {
        // A change of a pod matters when it ends; how often it is counted matters less than that it is.
        string? ns = Meta.Namespace(now ?? before!);
        foreach (JsonObject quota in ns is null ? [] : _quotas.By(Informers.ByNamespace, ns))
            AddSoon(Informer.KeyOf(quota), 100);
    }
}
