using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api.Requests;
using IstioAdmin.Sandbox.Api.Resources;
using IstioAdmin.Sandbox.Api.Storage;

namespace IstioAdmin.Sandbox.Api.Admission;

/// <summary>
/// Refuses what would be more than a resource quota allows (plugin ResourceQuota): numbers of objects, and the requests and limits of pods.
/// Usage is counted when it is asked for; scopes are not looked at.
/// </summary>
internal sealed class QuotaAdmission(ApiMachinery machinery)
{
    private static readonly TypeKey Quotas = new("", "resourcequotas");
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _gates = new();

    /// <summary>Checks a new object.</summary>
    /// <returns>Holds back others of the namespace until the object is stored; null where there is no quota.</returns>
    /// <exception cref="ApiException">It would be too much (403).</exception>
    public async Task<IDisposable?> CheckAsync(RequestContext context, JsonObject item)
    {
        if (context.Request.Namespace is not { } name || context.Request.Subresource.Length > 0 || machinery.Store.Count(Quotas) == 0)
            return null;
        JsonObject[] quotas = [.. machinery.Store.Snapshot(Quotas, name).Objects.Select(stored => stored.Parse())];
        if (quotas.Length == 0)
            return null;
        SemaphoreSlim gate = _gates.GetOrAdd(name, _ => new SemaphoreSlim(1));
        await gate.WaitAsync(context.Cancel).ConfigureAwait(false);
        try
        {
            foreach (JsonObject quota in quotas)
                Check(context, item, quota);
            return new Hold(gate);
        }
        catch
        {
            gate.Release();
            throw;
        }
    }

    private void Check(RequestContext context, JsonObject item, JsonObject quota)
    {
        TypeKey key = context.Request.Key;
        string quotaName = quota.TextAt("metadata.name")!;
        List<string> missing = [], requestedTexts = [], usedTexts = [], limitedTexts = [];
        var hard = (quota.At("spec.hard") as JsonObject ?? []).OrderBy(one => one.Key, StringComparer.Ordinal);
        foreach ((string resource, JsonNode? bound) in hard)
        {
            if (!Quantity.TryParse(bound?.ToString() ?? "", out Quantity limit) || QuotaResources.Asked(key, item, resource) is not { } asked)
                continue;
            if (QuotaResources.IsMissing(key, item, resource))
            {
                missing.Add(resource);
                continue;
            }
            Quantity used = Used(key, context.Request.Namespace!, resource);
            if (used.Plus(asked).Nanos <= limit.Nanos)
                continue;
            requestedTexts.Add($"{resource}={asked}");
            usedTexts.Add($"{resource}={used}");
            limitedTexts.Add($"{resource}={limit}");
        }
        string? about = item.TextAt("metadata.name");
        if (missing.Count > 0)
            throw ApiErrors.Forbidden(context.Request.Served, about, $"failed quota: {quotaName}: must specify {string.Join(",", missing)}");
        if (requestedTexts.Count > 0)
        {
            throw ApiErrors.Forbidden(context.Request.Served, about,
                $"exceeded quota: {quotaName}, requested: {string.Join(",", requestedTexts)}, used: {string.Join(",", usedTexts)}, limited: {string.Join(",", limitedTexts)}");
        }
    }

    private Quantity Used(TypeKey key, string @namespace, string resource)
    {
        IEnumerable<StoredObject> stored = machinery.Store.Snapshot(key, @namespace).Objects;
        // Only numbers of objects can be told without reading them.
        return QuotaResources.IsCount(resource)
            ? QuotaResources.One.Times(stored.Count())
            : QuotaResources.Used(key, resource, stored.Select(one => one.Parse()));
    }

    private sealed class Hold(SemaphoreSlim gate) : IDisposable
    {
        private int _released;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _released, 1) == 0)
                gate.Release();
        }
    }
}
