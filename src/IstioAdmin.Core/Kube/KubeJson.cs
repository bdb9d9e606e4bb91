using System.Text;
using System.Text.Json;
using IstioAdmin.Core.Kube.Failures;

namespace IstioAdmin.Core.Kube;

/// <summary>Gets small JSON documents.</summary>
internal static class KubeJson
{
    /// <summary>Gets and parses a document; the caller disposes it.</summary>
    /// <exception cref="MeshException">The server could not be reached, refused, or did not answer in JSON.</exception>
    public static Task<JsonDocument> GetJsonAsync(this KubeClient client, string path, KubeSubject about, TimeSpan? timeout, CancellationToken cancel) =>
        client.ReadAsync(path, about, (response, token) => ParseAsync(client, response, about, token), timeout: timeout, cancel: cancel);

    private static async Task<JsonDocument> ParseAsync(KubeClient client, HttpResponseMessage response, KubeSubject about, CancellationToken cancel)
    {
        byte[] body = await response.Content.ReadAsByteArrayAsync(cancel).ConfigureAwait(false);
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException) when (Encoding.UTF8.GetString(body) is var text && Excerpt.LooksLikeHtml(text))
        {
            throw ResponseFailure.Html(text, client.Endpoint, about);
        }
    }
}
