namespace IstioAdmin.Core.Mesh.Ingress;

/// <summary>What becomes of some requests to an ingress gateway.</summary>
public sealed record IngressRoute
{
    /// <summary>The host name that the request is for: <c>*</c> for any, or a name whose first part may be <c>*</c>.</summary>
    public required string Host { get; init; }

    /// <summary>How <see cref="Path"/> is compared.</summary>
    public required PathMatch Match { get; init; }

    /// <summary>The path, or its beginning, or an expression for it; <c>/</c> when every path matches.</summary>
    public required string Path { get; init; }

    /// <summary>What else a request must be, for example <c>method POST</c>; null for nothing else.</summary>
    public string? Condition { get; init; }

    /// <summary>Where it goes. Empty when the gateway answers by itself, see <see cref="Answer"/>.</summary>
    public required IReadOnlyList<IngressDestination> Destinations { get; init; }

    /// <summary>What the gateway answers by itself, for example a redirect; null when the request goes to <see cref="Destinations"/>.</summary>
    public string? Answer { get; init; }

    /// <summary>http, https, tls (passed through) or tcp.</summary>
    public required string Scheme { get; init; }

    /// <summary>The port that the Gateway opens.</summary>
    public required int Port { get; init; }

    /// <summary>Namespace and name of the Gateway.</summary>
    public required string Gateway { get; init; }

    /// <summary>Kind, namespace and name of what holds the route: <c>VirtualService default/bookinfo</c>.</summary>
    public required string DefinedBy { get; init; }

    internal GatewayServer? Server { get; init; }

    /// <summary>Whether a person can go there with a browser.</summary>
    internal bool IsOpenable => Scheme is "http" or "https" && Condition is null && Answer is null && Match != PathMatch.Regex && Destinations.Count > 0;

    /// <summary>Whether a path is routed by it, as far as the path decides.</summary>
    internal bool Takes(string path) => Match switch
    {
        PathMatch.Any => true,
        PathMatch.Exact => path == Path,
        // Envoy compares the beginning of the text, the Gateway API whole parts of the path; what differs is rare, and the gateway decides anyway.
        PathMatch.Prefix => path.StartsWith(Path, StringComparison.Ordinal),
        _ => false,
    };

    /// <summary>As one line: <c>http://*/productpage -> productpage.default:9080</c>.</summary>
    public override string ToString()
    {
        string path = Match switch
        {
            PathMatch.Exact => Path,
            PathMatch.Prefix => Path.EndsWith('/') ? $"{Path}*" : $"{Path}...",
            PathMatch.Regex => $"~{Path}",
            _ => "/*",
        };
        return $"{Scheme}://{Host}{(Scheme is "tcp" or "tls" ? $":{Port}" : path)}{(Condition is null ? "" : $" ({Condition})")} -> {Answer ?? string.Join(", ", Destinations)}";
    }
}
