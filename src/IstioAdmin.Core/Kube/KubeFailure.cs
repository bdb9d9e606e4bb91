using System.Text.Json;
using IstioAdmin.Core.Kube.Failures;

namespace IstioAdmin.Core.Kube;

/// <summary>The one place where transport, HTTP and Kubernetes <c>Status</c> errors become a <see cref="MeshException"/>.</summary>
public static class KubeFailure
{
    // Error bodies are small; whoever sends more than this is no API server, and the message needs only the beginning.
    private const int MaxErrorBody = 256 * 1024;

    // A server that sends the head of an error and then hangs must not hang us too.
    private static readonly TimeSpan ErrorBodyTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Translates whatever a request threw.</summary>
    /// <returns>
    /// A failure with one of the identifiers of <see cref="KubeStatusException"/>'s table when the server answered, otherwise
    /// <c>ServerNameNotResolved</c>, <c>ConnectionRefused</c>, <c>ServerUnreachable</c>, <c>ConnectionLost</c>, <c>TlsFailed</c>,
    /// <c>ServerSpeaksPlainHttp</c>, <c>ProxyFailed</c>, <c>NotHttp</c>, <c>RequestTimedOut</c>, <c>ResponseTruncated</c>,
    /// <c>ResponseInvalid</c>, <c>WebSocketFailed</c>, <c>KubeconfigInvalid</c> or <c>RequestFailed</c>.
    /// </returns>
    public static MeshException From(Exception exception, KubeClient client, KubeSubject about)
    {
        ArgumentNullException.ThrowIfNull(exception);
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(about);
        return From(exception, client.Endpoint, about);
    }

    /// <summary>Translates a response whose status is not 2xx; reads its body.</summary>
    public static async Task<MeshException> FromResponseAsync(HttpResponseMessage response, KubeClient client, KubeSubject about, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(response);
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(about);
        return await FromResponseAsync(response, client.Endpoint, about, cancel).ConfigureAwait(false);
    }

    internal static MeshException From(Exception exception, KubeEndpoint endpoint, KubeSubject about)
    {
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            if (e is MeshException known)
                return known;
            if (TypedClientFailure.From(e, endpoint, about) is { } typed)
                return typed;
            if (e is UpgradeRefusedException refused)
                return StatusFailure.From(refused.StatusCode, refused.Body, location: null, endpoint, about);
        }
        if (exception is JsonException json)
            return ResponseFailure.FromJson(json, endpoint, about);
        return TransportFailure.From(exception, endpoint, about)
            ?? new MeshException(
                "RequestFailed",
                FailureKind.Other,
                $"{endpoint.Name()}: could not {about}: {Excerpt.Of(exception.Message)}",
                "Run the command again with -Verbose; if it fails the same way, report it with this message.",
                about,
                exception);
    }

    internal static async Task<MeshException> FromResponseAsync(
        HttpResponseMessage response, KubeEndpoint endpoint, KubeSubject about, CancellationToken cancel)
    {
        byte[] body = await ReadBodyAsync(response.Content, cancel).ConfigureAwait(false);
        return StatusFailure.From(response.StatusCode, body, response.Headers.Location, endpoint, about);
    }

    internal static async Task<byte[]> ReadBodyAsync(HttpContent content, CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(ErrorBodyTimeout);
        var body = new MemoryStream();
        try
        {
            using Stream stream = await content.ReadAsStreamAsync(deadline.Token).ConfigureAwait(false);
            byte[] buffer = new byte[8192];
            while (body.Length < MaxErrorBody && await stream.ReadAsync(buffer, deadline.Token).ConfigureAwait(false) is var count and > 0)
            {
                body.Write(buffer, 0, count);
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            // The status line alone says enough; half a body is better than none.
        }
        return body.ToArray();
    }
}
