namespace IstioAdmin.Core.Mesh.Ingress;

/// <summary>Where a route leads to.</summary>
public sealed record IngressDestination
{
    /// <summary>The host as the route names it.</summary>
    public required string Host { get; init; }

    /// <summary>The Kubernetes Service that is meant; null when the host is none, for example a ServiceEntry's.</summary>
    public string? Service { get; init; }

    /// <summary>Namespace of <see cref="Service"/>.</summary>
    public string? Namespace { get; init; }

    /// <summary>The port; null when the Service has but one and the route leaves it out.</summary>
    public int? Port { get; init; }

    /// <summary>The subset that a DestinationRule defines; null for all pods.</summary>
    public string? Subset { get; init; }

    /// <summary>The share of the requests, compared with those of the other destinations.</summary>
    public int? Weight { get; init; }

    /// <summary>
    /// Reads a host of a VirtualService: a name without dots is a Service in the VirtualService's namespace; <c>name.namespace.svc.DOMAIN</c> is one
    /// anywhere (istio.io, Destination.host).
    /// </summary>
    internal static IngressDestination Of(string host, string ns)
    {
        string[] parts = host.Split('.');
        return parts switch
        {
            [var name] => new IngressDestination { Host = host, Service = name, Namespace = ns },
            [var name, var space, "svc", ..] => new IngressDestination { Host = host, Service = name, Namespace = space },
            _ => new IngressDestination { Host = host },
        };
    }

    /// <summary>Service, namespace and port: <c>productpage.default:9080</c>.</summary>
    public override string ToString() =>
        $"{(Service is null ? Host : $"{Service}.{Namespace}")}{(Port is { } port ? $":{port}" : "")}{(Subset is null ? "" : $" subset {Subset}")}{(Weight is { } weight ? $" {weight}%" : "")}";
}
