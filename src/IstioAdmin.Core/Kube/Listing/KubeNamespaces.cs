using System.Net.Http.Headers;
using System.Text.Json;

namespace IstioAdmin.Core.Kube.Listing;

/// <summary>The namespaces of a cluster.</summary>
public static class KubeNamespaces
{
    /// <summary>More than a prompt can show; who has more still gets the first of them.</summary>
    private const int Limit = 1000;

    /// <summary>Names of the first thousand namespaces. Only metadata is asked for, so it is quick enough for completion.</summary>
    /// <exception cref="MeshException">The server could not be asked, refused, or answered with something else.</exception>
    public static async Task<IReadOnlyList<string>> ListNamesAsync(KubeClient client, CancellationToken cancel)
    {
        KubeSubject about = KubeResource.Namespaces.Subject("list");
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{KubeResource.Namespaces.Path()}?limit={Limit}");
        request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"));
        request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse("application/json"));
        using HttpResponseMessage response = await client.SendAsync(request, about, cancel).ConfigureAwait(false);
        try
        {
            using Stream body = await response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
            using JsonDocument list = await JsonDocument.ParseAsync(body, cancellationToken: cancel).ConfigureAwait(false);
            return [.. list.RootElement.GetProperty("items").EnumerateArray().Select(NameOf)];
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new MeshException("InvalidResponse", FailureKind.InvalidResponse, $"{client.Endpoint.Server} did not answer '{about}' with a list: {e.Message}",
                "Check that the kubeconfig's server is a Kubernetes API server.", inner: e);
        }
    }

    private static string NameOf(JsonElement item) =>
        item.GetProperty("metadata").GetProperty("name").GetString() ?? throw new JsonException("An item has no name.");
}
