using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Text;
using IstioAdmin.Core.Kube.Connecting;
using IstioAdmin.Core.Kube.Failures;
using IstioAdmin.Core.Kube.Resilience;
using k8s;

namespace IstioAdmin.Core.Kube;

/// <summary>
/// The one client through which this library talks to a Kubernetes API server. Each instance stands for one kubeconfig context.
/// Raw requests go through <see cref="SendAsync"/> and <see cref="ReadAsync"/>; typed calls may use <see cref="Api"/>, which shares
/// the same connections, credentials and retry rules.
/// </summary>
public sealed class KubeClient : IDisposable
{
    private readonly KubeTransport? _transport;
    private readonly object _gate = new();

    // A Kubernetes. Declared as less, and touched in methods of its own only, so that the typed client's assembly is loaded by those who use it.
    private IDisposable? _api;

    internal KubeClient(KubeTransport transport, KubeEndpoint endpoint)
    {
        _transport = transport;
        Endpoint = endpoint;
    }

    /// <summary>Wraps a typed client that somebody else configured; its own connections and credentials are used, without retries.</summary>
    internal KubeClient(Kubernetes api, KubeEndpoint endpoint)
    {
        _api = api;
        Endpoint = endpoint;
    }

    /// <summary>Where this client points, and as whom.</summary>
    public KubeEndpoint Endpoint { get; }

    /// <summary>
    /// The typed client, made when it is first asked for: it loads several megabytes of models. Exceptions that it throws must
    /// pass through <see cref="KubeFailure.From(Exception, KubeClient, KubeSubject)"/> before they leave this library.
    /// </summary>
    public Kubernetes Api
    {
        get
        {
            lock (_gate)
            {
                return (Kubernetes)(_api ??= new TypedClient(Endpoint.Server, _transport!));
            }
        }
    }

    private HttpClient Http => _transport?.Http ?? WrappedHttp();

    /// <summary>Sends one request and returns as soon as the response headers are in; the caller disposes the response.</summary>
    /// <param name="request">The request; its URI is relative to the server, for example <c>api/v1/pods?limit=500</c>.</param>
    /// <param name="about">What the request is about, for error messages.</param>
    /// <param name="cancel">Cancels the request.</param>
    /// <exception cref="MeshException">The server could not be reached or answered with anything but 2xx.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, KubeSubject about, CancellationToken cancel)
    {
        HttpResponseMessage response = await ExchangeAsync(request, about, cancel).ConfigureAwait(false);
        if (response.IsSuccessStatusCode && !IsUnexpectedHtml(response))
            return response;
        using (response)
        {
            if (!response.IsSuccessStatusCode)
                throw await KubeFailure.FromResponseAsync(response, this, about, cancel).ConfigureAwait(false);
            byte[] page = await KubeFailure.ReadBodyAsync(response.Content, cancel).ConfigureAwait(false);
            throw ResponseFailure.Html(Encoding.UTF8.GetString(page), Endpoint, about);
        }
    }

    /// <summary>
    /// Gets something and reads its body, as one operation: when the connection breaks in the middle of the body, the request is sent again
    /// (at most three times, with growing pauses).
    /// </summary>
    /// <param name="path">Path and query relative to the server.</param>
    /// <param name="about">What the request is about, for error messages.</param>
    /// <param name="read">Reads the response; called again with a new one after a broken connection, so it must start afresh each time.</param>
    /// <param name="accept">Accept header; JSON when null.</param>
    /// <param name="timeout">Longest wait for the headers, and again for the body; null for the transport's own limit on the headers alone.</param>
    /// <param name="cancel">Cancels the operation.</param>
    /// <exception cref="MeshException">The server could not be reached, refused, or sent something that <paramref name="read"/> could not read.</exception>
    public async Task<T> ReadAsync<T>(
        string path,
        KubeSubject about,
        Func<HttpResponseMessage, CancellationToken, Task<T>> read,
        string? accept = null,
        TimeSpan? timeout = null,
        CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(read);
        try
        {
            return await BodyRetry.Pipeline.ExecuteAsync(token => ReadOnceAsync(path, about, read, accept, timeout, token), cancel).ConfigureAwait(false);
        }
        catch (BrokenBodyException e)
        {
            throw KubeFailure.From(e.InnerException!, this, about);
        }
    }

    /// <summary>
    /// As <see cref="SendAsync"/>, but hands over the response whatever its status: for callers to whom 404, 409 or 410 is an answer.
    /// </summary>
    /// <param name="request">The request; its URI is relative to the server, or absolute on the same server.</param>
    /// <param name="about">What the request is about, for error messages.</param>
    /// <param name="cancel">Cancels the request.</param>
    /// <exception cref="MeshException">The server could not be reached.</exception>
    internal async Task<HttpResponseMessage> ExchangeAsync(HttpRequestMessage request, KubeSubject about, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.RequestUri is { IsAbsoluteUri: false } relative)
            request.RequestUri = Absolute(relative.OriginalString);
        try
        {
            if (_transport is null)
                await AuthorizeWrappedAsync(request, cancel).ConfigureAwait(false);
            return await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel).ConfigureAwait(false);
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
        ArgumentNullException.ThrowIfNull(protocols);
        if (_transport is null)
            throw new InvalidOperationException("This client wraps a typed client; open the WebSocket through it.");
        var socket = new ClientWebSocket();
        try
        {
            foreach (string protocol in protocols)
            {
                socket.Options.AddSubProtocol(protocol);
            }
            var uri = new UriBuilder(Absolute(path)) { Scheme = Endpoint.Server.Scheme == Uri.UriSchemeHttps ? "wss" : "ws" };
            await socket.ConnectAsync(uri.Uri, _transport.WebSockets, cancel).ConfigureAwait(false);
            return socket;
        }
        catch (Exception e)
        {
            socket.Dispose();
            if (cancel.IsCancellationRequested)
                throw;
            throw KubeFailure.From(e, this, about);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _api?.Dispose();
        }
        _transport?.Dispose();
    }

    private async ValueTask<T> ReadOnceAsync<T>(
        string path, KubeSubject about, Func<HttpResponseMessage, CancellationToken, Task<T>> read, string? accept, TimeSpan? timeout, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Absolute(path));
        request.Headers.TryAddWithoutValidation("Accept", accept ?? "application/json");
        if (timeout is { } limit)
            request.Options.Set(RetryRules.AttemptTimeout, limit);
        using HttpResponseMessage response = await SendAsync(request, about, cancel).ConfigureAwait(false);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        if (timeout is { } bodyLimit)
            deadline.CancelAfter(bodyLimit);
        try
        {
            return await read(response, deadline.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not MeshException && TransportFaults.Of(e) == TransportFault.ConnectionLost)
        {
            throw new BrokenBodyException(e);
        }
        catch (Exception e) when (e is not MeshException && !cancel.IsCancellationRequested)
        {
            throw KubeFailure.From(e, this, about);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private HttpClient WrappedHttp() => Api.HttpClient;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Task AuthorizeWrappedAsync(HttpRequestMessage request, CancellationToken cancel) =>
        Api.Credentials is { } credentials ? credentials.ProcessHttpRequestAsync(request, cancel) : Task.CompletedTask;

    private Uri Absolute(string path) => new(Endpoint.Server, path.TrimStart('/'));

    // Only what goes through a service or pod proxy may rightly be a web page.
    private static bool IsUnexpectedHtml(HttpResponseMessage response) =>
        response.Content.Headers.ContentType?.MediaType == "text/html"
        && response.RequestMessage?.RequestUri?.AbsolutePath.Contains("/proxy/", StringComparison.Ordinal) != true;
}
