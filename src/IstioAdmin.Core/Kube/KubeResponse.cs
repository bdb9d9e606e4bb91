using System.Text.Json;
using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Kube;

/// <summary>Reads what an API server answered.</summary>
internal static class KubeResponse
{
    /// <summary>Reads the body as one JSON object.</summary>
    /// <exception cref="MeshException">The body is something else (<see cref="FailureKind.InvalidResponse"/>).</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public static async Task<JsonObject> ReadObjectAsync(this HttpResponseMessage response, KubeClient client, KubeSubject about, CancellationToken cancel)
    {
        response.RequireMediaType(client, about, static type => type.EndsWith("json", StringComparison.OrdinalIgnoreCase));
        Stream body = await response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            try
            {
                return await JsonNode.ParseAsync(body, cancellationToken: cancel).ConfigureAwait(false) as JsonObject
                    ?? throw Invalid(client, about, "the answer is JSON, but no object");
            }
            catch (JsonException e)
            {
                throw Invalid(client, about, "the answer is not valid JSON, or breaks off", e);
            }
        }
    }

    /// <summary>Refuses answers that no API server gives.</summary>
    public static string RequireMediaType(this HttpResponseMessage response, KubeClient client, KubeSubject about, Func<string, bool> accepted)
    {
        string mediaType = response.Content.Headers.ContentType?.MediaType ?? "";
        return accepted(mediaType) ? mediaType : throw new NotKubernetesException(client, about, mediaType);
    }

    /// <summary>What came back is not what the protocol promises.</summary>
    public static MeshException Invalid(KubeClient client, KubeSubject about, string what, Exception? cause = null) => new(
        "ResponseInvalid",
        FailureKind.InvalidResponse,
        $"{client.Endpoint.Server}: could not {about}: {what}.",
        "Try again; if it stays so, look for a proxy or load balancer between here and the API server.",
        inner: cause);
}
