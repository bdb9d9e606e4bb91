namespace IstioAdmin.Core.Mesh.Ingress;

/// <summary>A page as an ingress gateway served it.</summary>
public sealed record IngressPage
{
    /// <summary>Name of the cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>Namespace of the gateway's Service.</summary>
    public required string Namespace { get; init; }

    /// <summary>Name of the gateway's Service.</summary>
    public required string Name { get; init; }

    /// <summary>The address of the page. Through the API server, while nothing is forwarded, it is the one inside the cluster.</summary>
    public required Uri Url { get; init; }

    /// <summary>The host that the request was for, where it is not that of <see cref="Url"/>; null where it is.</summary>
    public string? HostName { get; init; }

    /// <summary>The HTTP status.</summary>
    public required int StatusCode { get; init; }

    /// <summary>The words that came with it.</summary>
    public string? ReasonPhrase { get; init; }

    /// <summary>The page's title; null when it has none.</summary>
    public string? Title { get; init; }

    /// <summary>What calls itself the server: <c>istio-envoy</c> for a gateway.</summary>
    public string? Server { get; init; }

    /// <summary>The way on which it was fetched.</summary>
    public required IngressVia Via { get; init; }

    /// <summary>From the request until the whole page was there, the connecting among it.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>The headers that tell of the gateway and of the page: those of Envoy, type, location, and what traces the request.</summary>
    public required IReadOnlyDictionary<string, string> Headers { get; init; }

    /// <summary>The services that answered, as far as the page shows it; empty for pages that this module does not know.</summary>
    public IReadOnlyList<PageService> Services { get; init; } = [];

    /// <summary>The certificate that the gateway showed, and whether it would be trusted; null without TLS.</summary>
    public string? Certificate { get; init; }

    /// <summary>Whether a browser was sent there.</summary>
    public bool Opened { get; init; }

    /// <summary>The page; null when it is no text.</summary>
    public string? Content { get; init; }

    /// <summary>The address.</summary>
    public override string ToString() => Url.ToString();
}
