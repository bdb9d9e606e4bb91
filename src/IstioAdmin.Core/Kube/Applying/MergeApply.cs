using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Failures;
using IstioAdmin.Core.Kube.Listing;

namespace IstioAdmin.Core.Kube.Applying;

/// <summary>
/// Apply for servers without server-side apply (before Kubernetes 1.16, or where the feature is off): creates what is missing, and patches what
/// differs, with <see cref="FieldRecord"/> as the memory of what was applied before.
/// </summary>
/// <remarks>
/// Weaker than the server's own: lists are replaced as a whole where they differ, and of other managers only kubectl is known, by its
/// annotation. A list that holds what is wanted, with more in its items, is left alone: the server fills in defaults.
/// </remarks>
internal sealed class MergeApply : IApplyRequest
{
    private readonly KubeClient _client;
    private readonly KubeResource _resource;
    private readonly string? _namespace;
    private readonly string _name;
    private readonly JsonObject _wanted;
    private readonly ApplyOptions _options;

    public MergeApply(KubeClient client, KubeResource resource, string? ns, string name, JsonObject manifest, ApplyOptions options)
    {
        _client = client;
        _resource = resource;
        _namespace = ns;
        _name = name;
        _options = options;
        _wanted = (JsonObject)manifest.DeepClone();
        _wanted["apiVersion"] ??= resource.ApiVersion;
        _wanted["kind"] ??= resource.Kind;
        FieldRecord.Write(_wanted, ns);
    }

    public async Task<(JsonObject Object, bool Created)> SendAsync(JsonObject? before, bool bound, CancellationToken cancel)
    {
        // Servers before 1.13 refuse a dry run, and older ones do not know it and would write.
        bool pretend = _options.DryRun && await _client.KnowsDryRunAsync(cancel).ConfigureAwait(false) != true;
        if (before is null)
            return (pretend ? _wanted : await CreateAsync(cancel).ConfigureAwait(false), true);
        JsonObject patch = ApplyDifference.Between(before, _wanted, FieldRecord.Read(before)?["fieldsV1"] as JsonObject);
        if (patch.Count == 0)
            return (before, false);
        if (!_options.Force)
            RefuseConflicts(before, patch);
        if (pretend)
        {
            var after = (JsonObject)before.DeepClone();
            after.Merge(patch);
            return (after, false);
        }
        return (await PatchAsync(patch, _wanted.Metadata("resourceVersion") ?? (bound ? before.Metadata("resourceVersion") : null), cancel).ConfigureAwait(false), false);
    }

    private void RefuseConflicts(JsonObject live, JsonObject patch)
    {
        if (FieldRecord.ReadKubectl(live) is not { } kubectl || kubectl["fieldsV1"] is not JsonObject theirs)
            return;
        JsonObject own = FieldRecord.Read(live)?["fieldsV1"] as JsonObject ?? [];
        FieldConflict[] conflicts = [.. Leaves(patch, [])
            .Where(path => FieldSet.Has(theirs, path) && !FieldSet.Has(own, path))
            .Select(path => new FieldConflict((string)kubectl["manager"]!, "." + string.Join('.', path)))];
        if (conflicts.Length > 0)
            throw new ApplyConflictException(_client, About("patch"), conflicts);
    }

    private static IEnumerable<string[]> Leaves(JsonObject map, string[] path) => map.SelectMany(field =>
        field.Value is JsonObject { Count: > 0 } inner ? Leaves(inner, [.. path, field.Key]) : [[.. path, field.Key]]);

    private Task<JsonObject> CreateAsync(CancellationToken cancel) =>
        SendAsync(HttpMethod.Post, _resource.Path(_namespace), _wanted, "application/json", About("create"), "AlreadyExists", cancel);

    private async Task<JsonObject> PatchAsync(JsonObject patch, string? version, CancellationToken cancel)
    {
        var body = (JsonObject)patch.DeepClone();
        if (version is not null)
            body.Merge(new JsonObject { ["metadata"] = new JsonObject { ["resourceVersion"] = version } });
        // A version that the caller demands is not for us to look up anew.
        string? stale = _wanted.Metadata("resourceVersion") is null && version is not null ? "Conflict" : null;
        return await SendAsync(HttpMethod.Patch, _resource.Path(_namespace, _name), body, "application/merge-patch+json", About("patch"), stale, cancel).ConfigureAwait(false);
    }

    private async Task<JsonObject> SendAsync(HttpMethod method, string path, JsonObject body, string mediaType, KubeSubject about, string? stale, CancellationToken cancel)
    {
        string target = new RequestPath(path).With("fieldManager", KubeApply.FieldManager).With("dryRun", _options.DryRun ? "All" : null).ToString();
        using var request = new HttpRequestMessage(method, target)
        {
            Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body)) { Headers = { { "Content-Type", mediaType } } },
        };
        using HttpResponseMessage response = await _client.ExchangeAsync(request, about, cancel).ConfigureAwait(false);
        if (response.IsSuccessStatusCode)
            return await response.ReadObjectAsync(_client, about, cancel).ConfigureAwait(false);
        MeshException failure = await KubeFailure.FromResponseAsync(response, _client, about, cancel).ConfigureAwait(false);
        bool changed = response.StatusCode == HttpStatusCode.Conflict && (failure as KubeStatusException)?.Status?.Reason == stale && stale is not null;
        // Deleted after it was looked at: what is to be done is to be found out anew.
        throw changed || (method == HttpMethod.Patch && response.StatusCode == HttpStatusCode.NotFound) ? new StaleObjectException() : failure;
    }

    private KubeSubject About(string verb) => _resource.Subject(verb, _namespace, _name);
}
