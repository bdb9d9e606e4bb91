using System.Net;
using System.Net.WebSockets;
using k8s;

namespace IstioAdmin.Core.Kube;

/// <summary>
/// The one client through which this library talks to a Kubernetes API server. Each instance stands for one kubeconfig context.
/// Raw requests go through <see cref="SendAsync"/>; typed calls may use <see cref="Api"/>, which shares the same connection,
/// credentials and retry rules.
/// </summary>
public sealed class KubeClient : IDisposable
{
    internal KubeClient(Kubernetes api, KubeEndpoint endpoint)
    {
        Api = api;
        Endpoint = endpoint;
    }

    /// <summary>Where this client points, and as whom.</summary>
    public KubeEndpoint Endpoint { get; }

    /// <summary>The typed client. Exceptions that it throws must pass through <see cref="KubeFailure.From"/> before they leave this library.</summary>
    public Kubernetes Api { get; }

    /// <summary>Sends one request and returns as soon as the response headers are in; the caller disposes the response.</summary>
    /// <param name="request">The request; its URI is relative to the server, for example <c>api/v1/pods?limit=500</c>.</param>
    /// <param name="about">What the request is about, for error messages.</param>
    /// <param name="cancel">Cancels the request.</param>
    /// <exception cref="MeshException">The server could not be reached or answered with anything but 2xx.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, KubeSubject about, CancellationToken cancel)
    {
        HttpResponseMessage response = await ExchangeAsync(request, about, cancel).ConfigureAwait(false);
        if (response.IsSuccessStatusCode)
            return response;
        using (response)
            throw await KubeFailure.FromResponseAsync(response, this, about, cancel).ConfigureAwait(false);
    }

    /// <summary>
    /// As <see cref="SendAsync"/>, but hands over the response whatever its status: for callers to whom 404, 409 or 410 is an answer,
    /// and for 101 Switching Protocols.
    /// </summary>
    /// <param name="request">The request; its URI is relative to the server, or absolute on the same server.</param>
    /// <param name="about">What the request is about, for error messages.</param>
    /// <param name="cancel">Cancels the request.</param>
    /// <exception cref="MeshException">The server could not be reached.</exception>
    internal async Task<HttpResponseMessage> ExchangeAsync(HttpRequestMessage request, KubeSubject about, CancellationToken cancel)
    {
        if (request.RequestUri is { IsAbsoluteUri: false } relative)
            request.RequestUri = new Uri(Api.BaseUri, relative);
        try
        {
            if (Api.Credentials is { } credentials)
                await credentials.ProcessHttpRequestAsync(request, cancel).ConfigureAwait(false);
            return await Api.HttpClient.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            throw KubeFailure.From(e, this, about);
        }
    }

    /// <summary>Opens a WebSocket on a subresource, with this client's TLS, proxy and credentials.</summary>
    /// <param name="path">Path and query relative to the server, for example <c>api/v1/namespaces/default/pods/web-0/exec?command=id</c>.</param>
    /// <param name="protocols">Subprotocols in order of preference.</param>
    /// <param name="about">What the request is about, for error messages.</param>
    /// <param name="cancel">Cancels the handshake.</param>
    /// <exception cref="MeshException">The server could not be reached or did not switch protocols.</exception>
    public async Task<ClientWebSocket> ConnectWebSocketAsync(string path, IEnumerable<string> protocols, KubeSubject about, CancellationToken cancel)
    {
        var uri = new UriBuilder(new Uri(Api.BaseUri, path)) { Scheme = Api.BaseUri.Scheme == Uri.UriSchemeHttps ? "wss" : "ws" };
        var socket = new ClientWebSocket();
        foreach (string protocol in protocols)
            socket.Options.AddSubProtocol(protocol);
        using var upgrade = new HttpMessageInvoker(new UpgradeHandler(this, about));
        try
        {
            await socket.ConnectAsync(uri.Uri, upgrade, cancel).ConfigureAwait(false);
            return socket;
        }
        catch (Exception e)
        {
            socket.Dispose();
            if (cancel.IsCancellationRequested)
                throw;
            throw e.InnerException as MeshException ?? KubeFailure.From(e, this, about);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Api.Dispose();

    private sealed class UpgradeHandler(KubeClient client, KubeSubject about) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            HttpResponseMessage response = await client.ExchangeAsync(request, about, cancellationToken).ConfigureAwait(false);
            return response.StatusCode == HttpStatusCode.SwitchingProtocols
                ? response
                : throw await KubeFailure.FromResponseAsync(response, client, about, cancellationToken).ConfigureAwait(false);
        }
    }
}
