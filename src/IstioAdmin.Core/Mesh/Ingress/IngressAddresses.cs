using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Mesh.Ingress;

/// <summary>Where a Service can be reached from outside of the cluster.</summary>
internal static class IngressAddresses
{
    /// <summary>Addresses that a load balancer or an administrator assigned.</summary>
    public static IReadOnlyList<string> HandedOut(JsonObject service) =>
    [
        .. service.At("status.loadBalancer.ingress").Objects().Select(address => address.TextAt("ip") ?? address.TextAt("hostname")).OfType<string>()
            .Concat(service.TextsAt("spec.externalIPs")).Distinct(StringComparer.Ordinal),
    ];

    public static IngressPort[] Ports(JsonObject service) =>
    [
        .. service.At("spec.ports").Objects().Where(port => port.NumberAt("port") is not null).Select(port => new IngressPort
        {
            Name = port.TextAt("name"),
            Port = port.NumberAt("port")!.Value,
            Protocol = port.TextAt("protocol") ?? "TCP",
            TargetPort = port.At("targetPort")?.ToString() is { Length: > 0 } target ? target : $"{port.NumberAt("port")}",
            NodePort = port.NumberAt("nodePort"),
        }),
    ];

    /// <summary>
    /// The Service's port that leads to a server: the one of its number, and else one that leads to a pod's port of its number (istio/istio
    /// pilot/pkg/model/gateway.go, resolvePorts). Null when no port of the Service does.
    /// </summary>
    public static IngressPort? PortOf(IReadOnlyList<IngressPort> ports, GatewayServer server) =>
        ports.FirstOrDefault(port => port.Protocol == "TCP" && port.Port == server.Port)
        ?? ports.FirstOrDefault(port => port.Protocol == "TCP" && port.TargetPort == $"{server.Port}");

    public static IReadOnlyList<IngressEndpoint> Endpoints(
        IReadOnlyList<IngressPort> ports, IReadOnlyList<GatewayServer> servers, IReadOnlyList<string> handedOut, IReadOnlyList<string> nodes) =>
    [
        .. from address in handedOut
           from server in servers
           where PortOf(ports, server) is not null
           select new IngressEndpoint(IngressVia.LoadBalancer, address, PortOf(ports, server)!.Port, server),
        .. from address in nodes
           from server in servers
           where PortOf(ports, server) is { NodePort: > 0 }
           select new IngressEndpoint(IngressVia.NodePort, address, PortOf(ports, server)!.NodePort!.Value, server),
    ];
}
