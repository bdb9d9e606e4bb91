using System.Net;
using System.Net.Security;
using IstioAdmin.Core.Kube.Resilience;

namespace IstioAdmin.Core.Kube.Connecting;

/// <summary>The HTTP stack of one client: sockets, TLS, proxy, identity, retries. Everything that talks to the server goes through it.</summary>
internal sealed class KubeTransport : IDisposable
{
    // With HTTP/2's default window of 64 KiB a LIST of many megabytes waits for the network most of the time.
    private const int StreamWindow = 4 * 1024 * 1024;

    private readonly SocketsHttpHandler _sockets;
    private readonly ConnectionSettings _settings;

    public KubeTransport(ConnectionSettings settings, TimeProvider? retryTime = null)
    {
        _settings = settings;
        _sockets = CreateSockets(settings);
        // The identity is asked for on every try: a token may have been renewed in between.
        var identity = new IdentityHandler(settings) { InnerHandler = _sockets };
        var retries = new RetryHandler(new RetryRules(retryTime)) { InnerHandler = identity };
        Http = new HttpClient(retries, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };
        WebSockets = new HttpMessageInvoker(new UpgradeHandler { InnerHandler = identity }, disposeHandler: false);
    }

    /// <summary>For requests; retries by <see cref="RetryRules"/>.</summary>
    public HttpClient Http { get; }

    /// <summary>For WebSocket handshakes; no retries.</summary>
    public HttpMessageInvoker WebSockets { get; }

    public void Dispose()
    {
        Http.Dispose();
        WebSockets.Dispose();
        _sockets.Dispose();
        _settings.Dispose();
    }

    private static SocketsHttpHandler CreateSockets(ConnectionSettings settings)
    {
        Uri server = settings.Endpoint.Server;
        var sockets = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = settings.ConnectTimeout,
            EnableMultipleHttp2Connections = true,
            InitialHttp2StreamWindowSize = StreamWindow,
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(15),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            // On loopback bytes are cheaper than the server's gzip.
            AutomaticDecompression = settings.DisableCompression || server.IsLoopback ? DecompressionMethods.None : DecompressionMethods.GZip,
        };
        if (settings.Credentials.RotatesCertificate)
            sockets.PooledConnectionLifetime = TimeSpan.FromMinutes(1);
        if (settings.Proxy is { } proxy)
            sockets.Proxy = proxy;
        else if (server.IsLoopback)
            sockets.UseProxy = false;
        if (server.Scheme == Uri.UriSchemeHttps)
            SetUpTls(sockets.SslOptions, settings);
        return sockets;
    }

    private static void SetUpTls(SslClientAuthenticationOptions tls, ConnectionSettings settings)
    {
        tls.RemoteCertificateValidationCallback = settings.Trust.Validate;
        if (settings.Certificate is { } certificate)
            tls.ClientCertificateContext = certificate.Context;
        else if (settings.Credentials.RotatesCertificate)
            tls.LocalCertificateSelectionCallback = (_, _, _, _, _) => settings.Credentials.CurrentCertificate!;
    }
}
