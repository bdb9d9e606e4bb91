namespace IstioAdmin.Core.Mesh.Ingress;

/// <summary>A port that a Gateway, of Istio or of the Gateway API, opens on the proxies that it selects.</summary>
internal sealed record GatewayServer
{
    /// <summary>Namespace and name of the Gateway.</summary>
    public required string Gateway { get; init; }

    /// <summary>The port's name: of the server's port in Istio, of the listener in the Gateway API.</summary>
    public string? Name { get; init; }

    /// <summary>The port: of the Service, or where it has none such, of the pods.</summary>
    public required int Port { get; init; }

    /// <summary>http, https, tls (passed through) or tcp.</summary>
    public required string Scheme { get; init; }

    /// <summary>Whether the client must show a certificate of its own.</summary>
    public bool WantsClientCertificate { get; init; }

    /// <summary>Whether all it answers is that the client should come with TLS.</summary>
    public bool RedirectsToTls { get; init; }

    /// <summary>Hosts that it takes, each with the namespaces whose routes may use it.</summary>
    public required IReadOnlyList<GatewayHost> Hosts { get; init; }

    /// <summary>The scheme that Istio makes of a port's protocol and TLS mode (networking/v1alpha3/gateway.proto; protocols are compared without case).</summary>
    public static string SchemeOf(string protocol, string? tlsMode)
    {
        bool passed = tlsMode?.EndsWith("PASSTHROUGH", StringComparison.OrdinalIgnoreCase) == true;
        return protocol.ToUpperInvariant() switch
        {
            "HTTP" or "HTTP2" or "GRPC" or "GRPC-WEB" or "HTTP_PROXY" => "http",
            "HTTPS" when passed => "tls",
            "HTTPS" => "https",
            "TLS" => "tls",
            _ => "tcp",
        };
    }
}

/// <summary>A host of a server.</summary>
/// <param name="Name">The name; <c>*</c> for any, or with <c>*</c> as its first part.</param>
/// <param name="Namespace">The namespace whose routes may use it; null for any.</param>
internal sealed record GatewayHost(string Name, string? Namespace);
