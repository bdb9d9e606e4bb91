using System.Net.Sockets;
using Polly.Timeout;

namespace IstioAdmin.Core.Kube.Failures;

/// <summary>What went wrong below HTTP. Decides both whether a read is tried again and what the administrator is told.</summary>
internal enum TransportFault
{
    /// <summary>The exception is about something else.</summary>
    None,

    /// <summary>The server's (or the proxy's) name has no address.</summary>
    NameNotResolved,

    /// <summary>Nothing listens there.</summary>
    ConnectionRefused,

    /// <summary>No route, or a firewall says no.</summary>
    Unreachable,

    /// <summary>A connection that had been established broke.</summary>
    ConnectionLost,

    /// <summary>The TLS handshake failed.</summary>
    TlsFailed,

    /// <summary>The proxy would not make the tunnel.</summary>
    ProxyFailed,

    /// <summary>What came back is not HTTP.</summary>
    NotHttp,

    /// <summary>Nothing came back in time.</summary>
    TimedOut,
}

internal static class TransportFaults
{
    /// <summary>Classifies an exception by itself and its causes, the outermost one that says anything.</summary>
    public static TransportFault Of(Exception exception)
    {
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            TransportFault fault = e switch
            {
                TimeoutRejectedException or TimeoutException or OperationCanceledException => TransportFault.TimedOut,
                HttpRequestException { HttpRequestError: var error } => OfHttp(error),
                HttpIOException { HttpRequestError: var error } => OfHttp(error),
                SocketException { SocketErrorCode: var code } => OfSocket(code),
                _ => TransportFault.None,
            };
            // A connection that ends before HTTP/2's first frame is reported as no HTTP at all; its cause knows better.
            if (fault == TransportFault.NotHttp && e.InnerException is { } cause && Of(cause) == TransportFault.ConnectionLost)
                return TransportFault.ConnectionLost;
            if (fault != TransportFault.None)
                return fault;
        }
        return IsBrokenStream(exception) ? TransportFault.ConnectionLost : TransportFault.None;
    }

    private static bool IsBrokenStream(Exception? e) => e is IOException or HttpRequestException || (e is not null && IsBrokenStream(e.InnerException));

    private static TransportFault OfHttp(HttpRequestError error) => error switch
    {
        HttpRequestError.NameResolutionError => TransportFault.NameNotResolved,
        HttpRequestError.SecureConnectionError => TransportFault.TlsFailed,
        HttpRequestError.ProxyTunnelError => TransportFault.ProxyFailed,
        HttpRequestError.ResponseEnded or HttpRequestError.HttpProtocolError => TransportFault.ConnectionLost,
        HttpRequestError.InvalidResponse => TransportFault.NotHttp,
        // ConnectionError and Unknown: the socket below knows more.
        _ => TransportFault.None,
    };

    private static TransportFault OfSocket(SocketError code) => code switch
    {
        SocketError.ConnectionRefused => TransportFault.ConnectionRefused,
        SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData or SocketError.NoRecovery => TransportFault.NameNotResolved,
        SocketError.TimedOut => TransportFault.TimedOut,
        SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.NetworkDown or SocketError.HostDown
            or SocketError.AccessDenied or SocketError.AddressNotAvailable => TransportFault.Unreachable,
        _ => TransportFault.ConnectionLost,
    };
}
