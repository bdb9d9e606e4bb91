namespace IstioAdmin.Core.Mesh.Ingress;

/// <summary>What to ask of a gateway.</summary>
/// <param name="Server">The port of the gateway.</param>
/// <param name="Path">The path.</param>
/// <param name="HostName">The host that the request is for; null for that of the address.</param>
/// <param name="Route">The route that takes it; null when none is known to.</param>
internal sealed record IngressTarget(GatewayServer Server, string Path, string? HostName, IngressRoute? Route)
{
    /// <summary>Chooses what to ask: what was asked for, and of the rest what the first route that a browser can open says.</summary>
    /// <exception cref="MeshException">There is nothing to open, or no host can be chosen.</exception>
    public static IngressTarget Choose(MeshIngress ingress, IngressVisitOptions options)
    {
        GatewayServer[] servers = [.. ingress.Servers.Where(server => server.Scheme is "http" or "https").OrderBy(server => server.RedirectsToTls)];
        if (servers.Length == 0)
            servers = ingress.ServersKnown || ingress.Servers.Count > 0 ? throw IngressFailures.NoServer(ingress) : [Guess(ingress)];
        string? path = options.Path is { } given ? (given.StartsWith('/') ? given : $"/{given}") : null;
        IngressRoute[] open = [.. ingress.Routes.Where(route => route.IsOpenable && (options.HostName is not { } host || HostNames.Covers(route.Host, host)))];
        IngressRoute? route = path is null ? open.FirstOrDefault() : open.FirstOrDefault(route => route.Takes(path.Split('?')[0]));
        if (route is null && path is null && ingress.Servers.Count > 0)
            throw IngressFailures.NothingToOpen(ingress, options.HostName);
        string? asked = options.HostName ?? (route?.Host is null or "*" ? null : HostNames.IsOne(route.Host) ? route.Host : throw IngressFailures.HostNeeded(ingress, route));
        return new IngressTarget(route?.Server ?? servers[0], path ?? route?.Path ?? "/", asked, route);
    }

    // Who may not read Gateways can still try the port that all installers open.
    private static GatewayServer Guess(MeshIngress ingress)
    {
        IngressPort? port = ingress.Ports.FirstOrDefault(port => port.Port == 80) ?? ingress.Ports.FirstOrDefault(port => port.Name is "http" or "http2");
        return port is null
            ? throw IngressFailures.NoServer(ingress)
            : new GatewayServer { Gateway = "", Port = port.Port, Scheme = "http", Hosts = [new GatewayHost("*", null)] };
    }
}
