using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Mesh.Ingress;

/// <summary>What a cluster's Gateways open, and what is routed through them.</summary>
internal sealed record GatewayRoutes
{
    public required IReadOnlyList<GatewayConfig> Gateways { get; init; }

    public required IReadOnlyList<JsonObject> VirtualServices { get; init; }

    public required IReadOnlyList<JsonObject> HttpRoutes { get; init; }

    /// <summary>Whether all Gateways could be read.</summary>
    public required bool GatewaysKnown { get; init; }

    /// <summary>Whether all routes could be read.</summary>
    public required bool RoutesKnown { get; init; }

    /// <summary>The routes through a Gateway.</summary>
    public IEnumerable<IngressRoute> Of(GatewayConfig gateway) => gateway.Selector is not null
        ? VirtualServices.SelectMany(service => IstioGateways.Routes(service, gateway))
        : HttpRoutes.SelectMany(route => GatewayApi.Routes(route, gateway));
}
