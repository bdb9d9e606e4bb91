using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Listing;

namespace IstioAdmin.Core.Kube.Applying;

/// <summary>The request behind server-side apply.</summary>
internal sealed class ApplyPatch : IApplyRequest
{
    private readonly KubeClient _client;
    private readonly KubeSubject _about;
    private readonly string _path;
    private readonly JsonObject _whole;
    private readonly bool _ownVersion;

    public ApplyPatch(KubeClient client, KubeResource resource, string? ns, string name, JsonObject manifest, ApplyOptions options)
    {
        _client = client;
        _about = resource.Subject("patch", ns, name);
        _path = new RequestPath(resource.Path(ns, name))
            .With("fieldManager", KubeApply.FieldManager)
            .With("force", options.Force)
            .With("dryRun", options.DryRun ? "All" : null)
            .ToString();
        _whole = (JsonObject)manifest.DeepClone();
        _whole["apiVersion"] ??= resource.ApiVersion;
        _whole["kind"] ??= resource.Kind;
        _ownVersion = manifest.Metadata("resourceVersion") is not null;
    }

    /// <inheritdoc/>
    /// <exception cref="ServerSideApplyMissingException">The server knows no such patch.</exception>
    public Task<(JsonObject Object, bool Created)> SendAsync(JsonObject? before, bool bound, CancellationToken cancel) =>
        SendAsync(bound ? before?.Metadata("resourceVersion") : null, cancel);

    private async Task<(JsonObject Object, bool Created)> SendAsync(string? version, CancellationToken cancel)
    {
        bool bound = version is not null && !_ownVersion;
        var metadata = (JsonObject)_whole["metadata"]!;
        if (bound)
            metadata["resourceVersion"] = version;
        else if (!_ownVersion)
            metadata.Remove("resourceVersion");
        // JSON is YAML; servers before 1.32 know no other media type for apply.
        using var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(_whole));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/apply-patch+yaml");
        using var request = new HttpRequestMessage(HttpMethod.Patch, _path) { Content = content };
        using HttpResponseMessage response = await _client.ExchangeAsync(request, _about, cancel).ConfigureAwait(false);
        if (response.IsSuccessStatusCode)
            return (await ReadAsync(response, cancel).ConfigureAwait(false), response.StatusCode == HttpStatusCode.Created);
        if (response.StatusCode == HttpStatusCode.UnsupportedMediaType)
            throw new ServerSideApplyMissingException();
        if (response.StatusCode == HttpStatusCode.Conflict)
        {
            // Read here and, where it is another kind of conflict, once more by KubeFailure.
            await response.Content.LoadIntoBufferAsync().ConfigureAwait(false);
            JsonObject status = await StatusAsync(response, cancel).ConfigureAwait(false);
            if (FieldConflict.Read(status) is { Count: > 0 } conflicts)
                throw new ApplyConflictException(_client, _about, conflicts);
            if (bound && status["reason"]?.ToString() == "Conflict")
                throw new StaleObjectException();
        }
        throw await KubeFailure.FromResponseAsync(response, _client, _about, cancel).ConfigureAwait(false);
    }

    private async Task<JsonObject> ReadAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        try
        {
            return await response.ReadObjectAsync(_client, _about, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not MeshException && !cancel.IsCancellationRequested)
        {
            throw KubeFailure.From(e, _client, _about);
        }
    }

    private static async Task<JsonObject> StatusAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        try
        {
            return JsonNode.Parse(await response.Content.ReadAsByteArrayAsync(cancel).ConfigureAwait(false)) as JsonObject ?? [];
        }
        catch (JsonException)
        {
            return [];
        }
    }
}
