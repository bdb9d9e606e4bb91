using System.Net;
using IstioAdmin.Core.Kube.Connecting.Credentials;

namespace IstioAdmin.Core.Kube.Connecting;

/// <summary>Addresses each request and puts our identity on it; renews the identity once when the server does not accept it.</summary>
internal sealed class IdentityHandler : DelegatingHandler
{
    private static readonly string UserAgent = $"istioadmin/{typeof(IdentityHandler).Assembly.GetName().Version?.ToString(3)}";

    private readonly ConnectionSettings _settings;

    public IdentityHandler(ConnectionSettings settings) => _settings = settings;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Address(request);
        Credential credential = await _settings.Credentials.GetAsync(cancellationToken).ConfigureAwait(false);
        HttpResponseMessage response = await SendAsAsync(credential, request, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.Unauthorized || !_settings.Credentials.Renew(credential))
            return response;
        response.Dispose();
        credential = await _settings.Credentials.GetAsync(cancellationToken).ConfigureAwait(false);
        return await SendAsAsync(credential, request, cancellationToken).ConfigureAwait(false);
    }

    private async Task<HttpResponseMessage> SendAsAsync(Credential credential, HttpRequestMessage request, CancellationToken cancel)
    {
        request.Headers.Authorization = credential.Authorization;
        try
        {
            return await base.SendAsync(request, cancel).ConfigureAwait(false);
        }
        finally
        {
            // Responses and exceptions carry the request along, possibly as far as somebody's transcript.
            request.Headers.Authorization = null;
        }
    }

    private void Address(HttpRequestMessage request)
    {
        bool tls = _settings.Endpoint.Server.Scheme == Uri.UriSchemeHttps;
        bool upgrade = request.Headers.Upgrade.Count > 0;
        if (tls && !upgrade)
        {
            request.Version = HttpVersion.Version20;
            request.VersionPolicy = HttpVersionPolicy.RequestVersionOrLower;
        }
        // SocketsHttpHandler takes the TLS server name from the Host header; it has no setting of its own for it.
        if (tls && _settings.TlsServerName is { } name)
            request.Headers.Host = name;
        if (request.Headers.UserAgent.Count == 0)
            request.Headers.TryAddWithoutValidation("User-Agent", UserAgent);
        _settings.Impersonation?.Apply(request.Headers);
    }
}
