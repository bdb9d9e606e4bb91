using IstioAdmin.Sandbox.Http;

namespace IstioAdmin.Sandbox.Api.Connect;

/// <summary>Connections that leave HTTP: WebSockets only.</summary>
internal static class Upgrades
{
    /// <summary>Refuses what is no WebSocket handshake.</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="instead">What helps somebody whose client speaks SPDY.</param>
    /// <exception cref="ApiException">400.</exception>
    public static void RequireWebSocket(HttpExchange exchange, string instead)
    {
        // kubectl 1.30 and newer first offer SPDY within a WebSocket, and then SPDY itself.
        bool isSpdy = (exchange.Headers.GetValueOrDefault("Upgrade") ?? "").StartsWith("SPDY", StringComparison.OrdinalIgnoreCase)
            || (exchange.Headers.GetValueOrDefault("Sec-WebSocket-Protocol") ?? "").Contains("SPDY/", StringComparison.OrdinalIgnoreCase);
        if (isSpdy)
            throw PodContainers.BadRequest($"The sandbox does not speak SPDY: {instead}");
        if (!exchange.IsWebSocketRequest)
            throw PodContainers.BadRequest("Upgrade request required");
    }
}
