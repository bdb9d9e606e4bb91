namespace IstioAdmin.Core.Mesh.Ingress;

/// <summary>A port of an ingress gateway's Service.</summary>
public sealed record IngressPort
{
    /// <summary>Its name; null for the only port of a Service, which needs none.</summary>
    public string? Name { get; init; }

    /// <summary>The port of the Service.</summary>
    public required int Port { get; init; }

    /// <summary>TCP, UDP or SCTP.</summary>
    public required string Protocol { get; init; }

    /// <summary>The port of the pods: a number, or the name of a container's port.</summary>
    public required string TargetPort { get; init; }

    /// <summary>The port on every node; null where there is none.</summary>
    public int? NodePort { get; init; }

    /// <summary>As kubectl prints it: <c>80:31380/TCP</c>.</summary>
    public override string ToString() => NodePort is { } node ? $"{Port}:{node}/{Protocol}" : $"{Port}/{Protocol}";
}
