using System.Text.Json;
using IstioAdmin.Core.Kube.Connecting;
using IstioAdmin.Core.Kube.Failures;
using Polly.Timeout;

namespace IstioAdmin.Core.Pke.Failures;

/// <summary>Failures below HTTP, in the words of somebody who gave an endpoint and a certificate authority rather than a kubeconfig.</summary>
internal static class ConnectionFailures
{
    private const string CheckEndpoint = "Check host and port of -Endpoint, and that Pipeline runs.";

    /// <param name="client">The client that failed.</param>
    /// <param name="exception">What the transport threw.</param>
    /// <param name="about">What was asked, as it continues "could not".</param>
    /// <param name="read">Whether nothing can have been changed.</param>
    public static MeshException From(PipelineClient client, Exception exception, string about, bool read)
    {
        PipelineException Failure(string id, FailureKind kind, string what, string remedy) =>
            new(id, kind, $"{client.Endpoint.Name()}: could not {about}: {what}", remedy, about, exception);

        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            if (e is PipelineException known)
                return known;
            // Thrown from the handshake, with words about a kubeconfig's fields.
            if (e is MeshException trust)
                return new PipelineException("PipelineUntrusted", trust.Kind, trust.Message, RemedyOf(trust, client.Trust), about, trust);
        }
        string host = client.Endpoint.Host;
        bool tls = client.Endpoint.Scheme == Uri.UriSchemeHttps;
        return TransportFaults.Of(exception) switch
        {
            TransportFault.NameNotResolved => Failure("PipelineUnreachable", FailureKind.Connection, $"the name '{host}' has no address.",
                "Check the host name in -Endpoint, and this machine's DNS or VPN."),
            TransportFault.ConnectionRefused => Failure("PipelineUnreachable", FailureKind.Connection, "the connection was refused; nothing listens on that port.", CheckEndpoint),
            TransportFault.Unreachable => Failure("PipelineUnreachable", FailureKind.Connection, "there is no route to the server.",
                "Check the network, the VPN and firewalls between here and Pipeline."),
            TransportFault.ProxyFailed => Failure("PipelineUnreachable", FailureKind.Connection, "the proxy did not open a tunnel.",
                "Check HTTPS_PROXY and what that proxy allows."),
            TransportFault.TimedOut => Failure("PipelineTimedOut", FailureKind.Timeout, $"no complete answer came {Limit(exception)}.",
                "Check Pipeline's health and the network between; a firewall that drops packets looks like this too."),
            TransportFault.TlsFailed => Failure("PipelineTlsFailed", FailureKind.Connection,
                $"the TLS handshake failed: {Excerpt.Of(client.WithoutToken(Innermost(exception).Message))}",
                "Check that the port of -Endpoint speaks TLS; use http:// if it is meant not to."),
            TransportFault.NotHttp => Failure("PipelineTlsFailed", FailureKind.Connection,
                tls ? "what came back is not HTTP." : "what came back is not HTTP; perhaps the server expects TLS on that port.", CheckEndpoint),
            TransportFault.ConnectionLost => Failure("PipelineConnectionLost", FailureKind.Connection,
                $"the connection broke before the answer was complete{(tls ? "" : "; a server that expects https:// does that")}.",
                (read ? "Run the command again; " : "Look at what has become of it before you run the command again; ") + "proxies between, and Pipeline's log, may say more."),
            _ when exception is JsonException => Failure("PipelineAnswerInvalid", FailureKind.InvalidResponse, "the answer is not what the API promises.", CheckEndpoint),
            _ => Failure("PipelineRequestFailed", FailureKind.Other, Excerpt.Of(client.WithoutToken(exception.Message)), CheckEndpoint),
        };
    }

    private static string? RemedyOf(MeshException trust, ServerTrust by) => trust.ErrorId switch
    {
        "ServerCertificateUntrusted" when by.IsPinned =>
            "Pipeline shows another certificate than the one whose fingerprint banzai remembered (tls-fingerprint). Find out why; only when it is right, log in with banzai again, or give -CertificateAuthority.",
        "ServerCertificateUntrusted" when by.HasAuthorities =>
            "The authorities that were given (-CertificateAuthority, or banzai's configuration) did not issue it; give the certificate of the one that did.",
        "ServerCertificateUntrusted" => "Give the certificate of the authority that issued it with -CertificateAuthority.",
        "ServerCertificateExpired" => "Have Pipeline's certificate renewed; if it has not expired, correct this machine's clock.",
        "ServerNameMismatch" => "Use one of these names in -Endpoint.",
        _ => trust.Remedy,
    };

    private static string Limit(Exception exception)
    {
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            if (e is TimeoutRejectedException { Timeout: var limit } && limit > TimeSpan.Zero)
                return FormattableString.Invariant($"within {limit.TotalSeconds:0.#} seconds");
        }
        return "in time";
    }

    private static Exception Innermost(Exception exception)
    {
        while (exception.InnerException is { } inner)
            exception = inner;
        return exception;
    }
}
