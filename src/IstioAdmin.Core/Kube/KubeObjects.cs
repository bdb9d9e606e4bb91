using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Kube;

/// <summary>Single objects: get and delete.</summary>
public static class KubeObjects
{
    /// <summary>Gets an object.</summary>
    /// <param name="client">The client.</param>
    /// <param name="resource">What kind of object.</param>
    /// <param name="ns">Its namespace; null for cluster-scoped kinds.</param>
    /// <param name="name">Its name.</param>
    /// <param name="cancel">Cancels the request.</param>
    /// <returns>The object; null if it does not exist, or if the server does not serve its kind.</returns>
    /// <exception cref="MeshException">As <see cref="KubeClient.SendAsync"/>.</exception>
    public static Task<JsonObject?> GetAsync(this KubeClient client, KubeResource resource, string? ns, string name, CancellationToken cancel) =>
        client.GetPathAsync(resource.Path(ns, name), resource.Subject("get", ns, name), cancel);

    /// <inheritdoc cref="DeleteAsync(KubeClient, KubeResource, string?, string, DeleteOptions, CancellationToken)"/>
    public static Task<bool> DeleteAsync(this KubeClient client, KubeResource resource, string? ns, string name, CancellationToken cancel) =>
        client.DeleteAsync(resource, ns, name, new DeleteOptions(), cancel);

    /// <summary>Asks the server to delete an object. It may still exist afterwards: until its finalizers have run, a pod until it has ended.</summary>
    /// <param name="client">The client.</param>
    /// <param name="resource">What kind of object.</param>
    /// <param name="ns">Its namespace; null for cluster-scoped kinds.</param>
    /// <param name="name">Its name.</param>
    /// <param name="options">How to delete.</param>
    /// <param name="cancel">Cancels the request.</param>
    /// <returns>False if it does not exist.</returns>
    /// <exception cref="MeshException">As <see cref="KubeClient.SendAsync"/>.</exception>
    public static async Task<bool> DeleteAsync(
        this KubeClient client, KubeResource resource, string? ns, string name, DeleteOptions options, CancellationToken cancel)
    {
        KubeSubject about = resource.Subject("delete", ns, name);
        var body = new JsonObject { ["kind"] = "DeleteOptions", ["apiVersion"] = "v1", ["propagationPolicy"] = options.Propagation.ToString() };
        if (options.Uid is not null)
            body["preconditions"] = new JsonObject { ["uid"] = options.Uid };
        using var request = new HttpRequestMessage(HttpMethod.Delete, resource.Path(ns, name))
        {
            Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body)) { Headers = { { "Content-Type", "application/json" } } },
        };
        using HttpResponseMessage response = await client.ExchangeAsync(request, about, cancel).ConfigureAwait(false);
        return response switch
        {
            { IsSuccessStatusCode: true } => true,
            { StatusCode: HttpStatusCode.NotFound } => false,
            _ => throw await KubeFailure.FromResponseAsync(response, client, about, cancel).ConfigureAwait(false),
        };
    }

    /// <summary>Changes fields of an object, whoever manages them.</summary>
    /// <param name="client">The client.</param>
    /// <param name="resource">What kind of object.</param>
    /// <param name="ns">Its namespace; null for cluster-scoped kinds.</param>
    /// <param name="name">Its name.</param>
    /// <param name="patch">A JSON merge patch (RFC 7386): what is null in it is taken away. With a <c>metadata.resourceVersion</c>, only that version is changed.</param>
    /// <param name="cancel">Cancels the request.</param>
    /// <exception cref="MeshException">As <see cref="KubeClient.SendAsync"/>.</exception>
    public static async Task MergePatchAsync(this KubeClient client, KubeResource resource, string? ns, string name, JsonObject patch, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, $"{resource.Path(ns, name)}?fieldManager={Applying.KubeApply.FieldManager}")
        {
            Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(patch)) { Headers = { { "Content-Type", "application/merge-patch+json" } } },
        };
        using HttpResponseMessage response = await client.SendAsync(request, resource.Subject("patch", ns, name), cancel).ConfigureAwait(false);
    }

    /// <summary>Gets JSON from a path; null on 404.</summary>
    internal static async Task<JsonObject?> GetPathAsync(this KubeClient client, string path, KubeSubject about, CancellationToken cancel)
    {
        try
        {
            return await Transient.BodyReads.ExecuteAsync(
                async attempt =>
                {
                    using var request = new HttpRequestMessage(HttpMethod.Get, path);
                    request.Headers.TryAddWithoutValidation("Accept", "application/json");
                    using HttpResponseMessage response = await client.ExchangeAsync(request, about, attempt).ConfigureAwait(false);
                    return response switch
                    {
                        { IsSuccessStatusCode: true } => await response.ReadObjectAsync(client, about, attempt).ConfigureAwait(false),
                        { StatusCode: HttpStatusCode.NotFound } => null,
                        _ => throw await KubeFailure.FromResponseAsync(response, client, about, attempt).ConfigureAwait(false),
                    };
                },
                cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not MeshException && !cancel.IsCancellationRequested)
        {
            throw KubeFailure.From(e, client, about);
        }
    }
}
