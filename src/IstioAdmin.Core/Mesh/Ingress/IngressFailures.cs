using System.Globalization;

namespace IstioAdmin.Core.Mesh.Ingress;

/// <summary>What can be wrong with the way through an ingress gateway, and what to do about it.</summary>
internal static class IngressFailures
{
    private const int RoutesShown = 8;

    public static MeshException NoServer(MeshIngress ingress) => new(
        "IngressUnrouted", FailureKind.NotFound,
        ingress.Servers.Count == 0
            ? $"The ingress gateway {ingress} lets nothing in: no Gateway resource opens a port on it."
            : $"No Gateway resource opens a port for HTTP on the ingress gateway {ingress}, only {string.Join(", ", ingress.Servers.Select(Describe))}.",
        "Make a Gateway whose selector matches its pods, and a VirtualService: Install-Bookinfo -WithGateway makes those of the sample.", ingress);

    public static MeshException NothingToOpen(MeshIngress ingress, string? host) => new(
        "IngressPageNotFound", FailureKind.NotFound,
        ingress.Routes.Count == 0
            ? $"Nothing is routed through the ingress gateway {ingress}: no VirtualService or HTTPRoute is bound to {string.Join(", ", ingress.Servers.Select(server => server.Gateway).Distinct())}."
            : $"No route through the ingress gateway {ingress} leads to a page{(host is null ? "" : $" for the host {host}")} that a browser could open. It has {Routes(ingress)}.",
        ingress.Routes.Count == 0
            ? "Make a VirtualService that names the Gateway in spec.gateways: Install-Bookinfo -WithGateway makes that of the sample. Or name a path with -Path."
            : "Name a path with -Path, and a host with -HostName where the routes are for one.", ingress);

    public static MeshException HostNeeded(MeshIngress ingress, IngressRoute route) => new(
        "IngressHostNameRequired", FailureKind.InvalidInput, $"The route {route} of the ingress gateway {ingress} is for many hosts.",
        $"Say for which one with -HostName, for example -HostName {route.Host.Replace("*", "www", StringComparison.Ordinal)}.", ingress);

    public static MeshException NoReadyPod(MeshIngress ingress) => new(
        "IngressNotReady", FailureKind.Unavailable,
        $"No pod of the ingress gateway {ingress} is ready ({ingress.ReadyPods} of {ingress.DesiredPods}): {ingress.Message}.",
        $"'kubectl describe pods --namespace {ingress.Namespace}' says more; Get-IstioMesh shows whether the operator has finished, and Wait-IstioMesh waits for it.", ingress);

    public static MeshException NoPort(MeshIngress ingress, GatewayServer server, IngressPod pod) => new(
        "IngressPortNotFound", FailureKind.NotFound,
        string.Create(CultureInfo.InvariantCulture, $"Port {server.Port}, which Gateway {server.Gateway} opens, leads to no port of pod {ingress.Namespace}/{pod.Name}."),
        "Compare the target ports of the Service with the ports of the pod's containers.", ingress);

    public static MeshException TimedOut(MeshIngress ingress, Uri url, TimeSpan timeout, Exception cause) => new(
        "IngressTimedOut", FailureKind.Timeout,
        string.Create(CultureInfo.InvariantCulture, $"{url} did not answer within {timeout.TotalSeconds:0} seconds, although the connection to the ingress gateway {ingress} was made."),
        "The service behind it may be slow, or wait for another: wait longer with -Timeout, or look at the logs of the gateway's pods.", ingress, cause);

    public static MeshException Broken(MeshIngress ingress, Uri url, string reason, GatewayServer server, Exception cause) => new(
        "IngressConnectionFailed", FailureKind.Connection, $"{url} of the ingress gateway {ingress} gave no answer: {reason}.",
        server.WantsClientCertificate ? "The Gateway wants a certificate of the client, which this command has none of: use a client that has."
            : server.Scheme == "https" ? "The gateway may have no certificate yet: look whether the secret that the Gateway names as its credential exists in the namespace of the gateway's pods."
            : "The gateway may not have learned of the port yet, or speaks TLS on it: look at the logs of its pods.", ingress, cause);

    /// <summary>The gateway itself says 404.</summary>
    public static MeshException NoRoute(MeshIngress ingress, IngressTarget target, IngressPage page) => new(
        "IngressRouteNotFound", FailureKind.NotFound,
        $"{page.Url}: the ingress gateway {ingress} has no route for {(target.HostName is null ? "" : $"the host {target.HostName} and ")}the path {target.Path} (404 from Envoy). "
        + (ingress.Routes.Count == 0 ? "No route is bound to it." : $"It has {Routes(ingress)}."),
        target.Route is null
            ? "Name one of these paths with -Path, and the host with -HostName where the route has one."
            : $"By {target.Route.DefinedBy} it should be routed: the gateway may not have learned of it yet, or does not accept it. Try again, and look at the resource's status and at istiod's log.",
        page);

    /// <summary>The gateway itself says that it cannot reach what is behind it.</summary>
    public static MeshException Upstream(MeshIngress ingress, IngressTarget target, IngressPage page, IReadOnlyList<string> backends) => new(
        "IngressUpstreamUnavailable", FailureKind.Unavailable,
        string.Create(CultureInfo.InvariantCulture, $"{page.Url}: the ingress gateway {ingress} cannot reach what the path {target.Path} leads to ({page.StatusCode} from Envoy")
        + $"{(Text(page) is { } said ? $": {said}" : "")}). {(backends.Count == 0 ? "No route is known for it." : $"{string.Join("; ", backends)}.")}",
        "Get-MeshPod shows the pods of a service; where they are ready, compare mutual TLS on both sides, the subsets of DestinationRules, and the ports of the Service.", page);

    /// <summary>No address could be used, and the way through the API server failed, too.</summary>
    public static MeshException NoWay(MeshIngress ingress, string tried, MeshException last) => new(
        "IngressNotReachable", last.Kind, $"The ingress gateway {ingress} cannot be reached. {tried} Through the API server: {last.Message}", last.Remedy, ingress, last);

    private static string Routes(MeshIngress ingress) => ingress.Routes.Count <= RoutesShown
        ? string.Join("; ", ingress.Routes)
        : string.Create(CultureInfo.InvariantCulture, $"{string.Join("; ", ingress.Routes.Take(RoutesShown))}; and {ingress.Routes.Count - RoutesShown} more (see Routes of Get-IstioIngress)");

    private static string Describe(GatewayServer server) => string.Create(CultureInfo.InvariantCulture, $"{server.Scheme} on port {server.Port}");

    private static string? Text(IngressPage page) => page.Content?.Trim() is { Length: > 0 and < 300 } text ? text : null;
}
