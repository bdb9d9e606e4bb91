using System.Net.WebSockets;
using System.Security.Authentication;
using Polly.Timeout;

namespace IstioAdmin.Core.Kube.Failures;

/// <summary>Failures below HTTP, in words: nothing came back, or what came back was not HTTP.</summary>
internal static class TransportFailure
{
    /// <returns>Null when the exception is no transport failure.</returns>
    public static MeshException? From(Exception exception, KubeEndpoint endpoint, KubeSubject about)
    {
        MeshException Failure(string id, FailureKind kind, string what, string remedy) =>
            new(id, kind, $"{endpoint.Name()}: could not {about}: {what}", remedy, about, exception);

        bool tls = endpoint.Server.Scheme == Uri.UriSchemeHttps;
        return TransportFaults.Of(exception) switch
        {
            TransportFault.NameNotResolved => Failure(
                "ServerNameNotResolved", FailureKind.Connection, $"the name '{endpoint.Server.Host}' has no address.",
                "Check the host name in 'server' (and 'proxy-url') of the kubeconfig, and this machine's DNS or VPN."),
            TransportFault.ConnectionRefused => Failure(
                "ConnectionRefused", FailureKind.Connection, "the connection was refused; nothing listens on that port.",
                "Check that the API server runs and that host and port in the kubeconfig are right."),
            TransportFault.Unreachable => Failure(
                "ServerUnreachable", FailureKind.Connection, "there is no route to the server.",
                "Check the network, the VPN and firewalls between here and the server."),
            TransportFault.ProxyFailed => Failure(
                "ProxyFailed", FailureKind.Connection, $"the proxy did not open a tunnel: {Excerpt.Of(Innermost(exception).Message)}",
                "Check 'proxy-url' in the kubeconfig (or HTTPS_PROXY) and what that proxy allows."),
            TransportFault.TimedOut => Failure(
                "RequestTimedOut", FailureKind.Timeout, $"no answer came {Limit(exception)}.",
                "Check the server's health and the network between; a firewall that drops packets looks like this too."),
            TransportFault.TlsFailed when SpeaksPlainHttp(exception) => Failure(
                "ServerSpeaksPlainHttp", FailureKind.Connection, "the server does not speak TLS on that port.",
                "Use http:// in 'server' of the kubeconfig if that is intended, or correct the port."),
            TransportFault.TlsFailed => Failure(
                "TlsFailed", FailureKind.Connection, $"the TLS handshake failed: {Excerpt.Of(Innermost(exception).Message)}",
                "Check that the port is the API server's and that the client certificate in the kubeconfig is one that the server accepts."),
            TransportFault.NotHttp => Failure(
                "NotHttp", FailureKind.InvalidResponse,
                tls ? "what came back is not HTTP." : "what came back is not HTTP; perhaps the server expects TLS on that port.",
                tls ? "Check host and port in the kubeconfig." : "Use https:// in 'server' of the kubeconfig, or correct the port."),
            TransportFault.ConnectionLost when tls => Failure(
                "ConnectionLost", FailureKind.Connection, "the connection broke before the answer was complete.",
                "Run the command again; if it stays so, look at the server's log and at proxies between. "
                + "A server that insists on a client certificate does this too."),
            TransportFault.ConnectionLost => Failure(
                "ConnectionLost", FailureKind.Connection,
                "the connection broke before the answer was complete; a server that expects TLS on that port does this too.",
                "Check that http:// is right in 'server' of the kubeconfig; then run the command again."),
            _ when exception is WebSocketException => Failure(
                "WebSocketFailed", FailureKind.Connection, $"the WebSocket failed: {Excerpt.Of(exception.Message)}",
                "Check that proxies between here and the server let WebSockets pass."),
            _ => null,
        };
    }

    // SslStream reads a plain-text answer as a TLS record of impossible length. It has no error code for that, only these words
    // (System.Net.Security, Strings.resx: net_ssl_io_frame, net_io_... ), which are not localised in .NET.
    private static bool SpeaksPlainHttp(Exception exception)
    {
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            if (e is AuthenticationException or IOException or HttpRequestException && e.Message.Contains("frame", StringComparison.OrdinalIgnoreCase))
                return true;
        }
        return false;
    }

    private static string Limit(Exception exception)
    {
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            if (e is TimeoutRejectedException { Timeout: var limit } && limit > TimeSpan.Zero)
                return $"within {limit.TotalSeconds:0.#} seconds";
        }
        return "in time";
    }

    private static Exception Innermost(Exception exception)
    {
        while (exception.InnerException is { } inner)
        {
            exception = inner;
        }
        return exception;
    }
}
