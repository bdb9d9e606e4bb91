namespace IstioAdmin.Core.Mesh.Ingress;

/// <summary>A Gateway, of Istio or of the Gateway API: which proxies it is for, and the ports that it opens there.</summary>
internal sealed record GatewayConfig
{
    public required string Namespace { get; init; }

    public required string Name { get; init; }

    /// <summary>The labels of the proxies; empty for every gateway. Null when <see cref="Service"/> or the name of the Gateway says which.</summary>
    public IReadOnlyDictionary<string, string>? Selector { get; init; }

    /// <summary>Namespace and name of the Service that it names as its address; null when it names none.</summary>
    public (string Namespace, string Name)? Service { get; init; }

    public required IReadOnlyList<GatewayServer> Servers { get; init; }

    /// <summary>Namespace and name.</summary>
    public string Key => $"{Namespace}/{Name}";
}
