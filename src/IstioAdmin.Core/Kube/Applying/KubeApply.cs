using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Listing;

namespace IstioAdmin.Core.Kube.Applying;

/// <summary>Applies manifests with server-side apply.</summary>
public static class KubeApply
{
    /// <summary>The name under which this library manages fields.</summary>
    public const string FieldManager = "istioadmin";

    /// <summary>
    /// Makes an object as a manifest says, and leaves alone what the manifest does not mention. To apply the same manifest twice changes
    /// nothing the second time.
    /// </summary>
    /// <param name="client">The client.</param>
    /// <param name="resource">The object's kind.</param>
    /// <param name="manifest">What the object should be; where it names no namespace, the context's default one is meant. Not modified.</param>
    /// <param name="options">How to apply.</param>
    /// <param name="cancel">Cancels the request.</param>
    /// <exception cref="ApplyConflictException">Other managers own some of the fields.</exception>
    /// <exception cref="MeshException">The manifest has no name, or as <see cref="KubeClient.SendAsync"/>.</exception>
    public static async Task<AppliedObject> ApplyAsync(
        this KubeClient client, KubeResource resource, JsonObject manifest, ApplyOptions options, CancellationToken cancel)
    {
        string name = manifest.Metadata("name") is { Length: > 0 } given ? given : throw new MeshException(
            "ManifestWithoutName", FailureKind.InvalidInput, $"The {resource.Kind} to apply has no metadata.name.", "Give it a name; apply does not generate one.", manifest);
        string? ns = resource.Namespaced ? manifest.Metadata("namespace") ?? client.Endpoint.Namespace : null;
        KubeSubject about = resource.Subject("patch", ns, name);

        // PATCH tells created from existing, but not changed from unchanged: that takes a look before.
        JsonObject? before = await client.GetAsync(resource, ns, name, cancel).ConfigureAwait(false);
        string path = new RequestPath(resource.Path(ns, name))
            .With("fieldManager", FieldManager)
            .With("force", options.Force)
            .With("dryRun", options.DryRun ? "All" : null)
            .ToString();
        using var request = new HttpRequestMessage(HttpMethod.Patch, path) { Content = Body(resource, manifest) };
        using HttpResponseMessage response = await client.ExchangeAsync(request, about, cancel).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
            throw await RefusalAsync(response, client, about, cancel).ConfigureAwait(false);
        JsonObject after = await response.ReadObjectAsync(client, about, cancel).ConfigureAwait(false);
        ApplyOutcome outcome = response.StatusCode == HttpStatusCode.Created ? ApplyOutcome.Created
            : before is not null && ObjectComparison.Same(before, after, manifest) ? ApplyOutcome.Unchanged
            : ApplyOutcome.Changed;
        return new AppliedObject(resource, ns, name, outcome, after);
    }

    private static ByteArrayContent Body(KubeResource resource, JsonObject manifest)
    {
        var whole = (JsonObject)manifest.DeepClone();
        whole["apiVersion"] ??= resource.ApiVersion;
        whole["kind"] ??= resource.Kind;
        // JSON is YAML, and apply has no media type of its own for it in servers before 1.32.
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(whole));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/apply-patch+yaml");
        return content;
    }

    private static async Task<MeshException> RefusalAsync(HttpResponseMessage response, KubeClient client, KubeSubject about, CancellationToken cancel)
    {
        if (response.StatusCode == HttpStatusCode.Conflict)
        {
            // Read here and, where it is another kind of conflict, once more by KubeFailure.
            await response.Content.LoadIntoBufferAsync().ConfigureAwait(false);
            if (FieldConflict.Read(await StatusAsync(response, cancel).ConfigureAwait(false)) is { Count: > 0 } conflicts)
                return new ApplyConflictException(client, about, conflicts);
        }
        return await KubeFailure.FromResponseAsync(response, client, about, cancel).ConfigureAwait(false);
    }

    private static async Task<JsonObject> StatusAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        byte[] body = await response.Content.ReadAsByteArrayAsync(cancel).ConfigureAwait(false);
        try
        {
            return JsonNode.Parse(Encoding.UTF8.GetString(body)) as JsonObject ?? [];
        }
        catch (JsonException)
        {
            return [];
        }
    }
}
