using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using IstioAdmin.Core;
using IstioAdmin.Core.Mesh.Ingress;
using IstioAdmin.Sandbox.Client;
using IstioAdmin.Sandbox.Traffic.Applications;

namespace IstioAdmin.Sandbox.Traffic;

/// <summary>
/// The proxy of an ingress gateway on one of its ports: sends requests where the Gateways for it and their VirtualServices say. Routes that ask for headers or
/// for a query never match, and TLS is not spoken.
/// </summary>
/// <param name="traffic">The way to other pods.</param>
/// <param name="servers">What the Gateways open on this port.</param>
/// <param name="routes">Where requests go, first one first.</param>
internal sealed class GatewayProxy(MeshTraffic traffic, IReadOnlyList<GatewayServer> servers, IReadOnlyList<IngressRoute> routes) : IApplication
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);
    private int _turn;

    /// <summary>The gateway that listens on a port of a pod; null when no Gateway opens it.</summary>
    public static async Task<GatewayProxy?> FindAsync(MeshTraffic traffic, JsonObject pod, int port, CancellationToken cancel)
    {
        var about = new IngressPod(pod);
        IngressPort[] ports = [.. traffic.Services
            .Where(service => Meta.Namespace(service) == about.Namespace && service.At("spec.selector") is JsonObject { Count: > 0 } selector && about.Has(Core.Mesh.Ingress.LabelSelector.Read(selector)))
            .SelectMany(IngressAddresses.Ports)];
        GatewayConfig[] gateways = [.. (await traffic.Config.ListAsync("networking.istio.io", "gateways", cancel).ConfigureAwait(false))
            .Select(IstioGateways.Read).Where(gateway => gateway.Selector is { } selector && about.Has(selector))];
        GatewayServer[] servers = [.. gateways.SelectMany(gateway => gateway.Servers).Where(server => server.Scheme == "http" && PortOf(server) == port)];
        if (servers.Length == 0)
            return null;
        IReadOnlyList<JsonObject> services = await traffic.Config.ListAsync("networking.istio.io", "virtualservices", cancel).ConfigureAwait(false);
        IngressRoute[] routes = [..
            from gateway in gateways
            from service in services
            from route in IstioGateways.Routes(service, gateway)
            where route.Scheme == "http" && route.Server is { } server && PortOf(server) == port
            select route];
        return new GatewayProxy(traffic, servers, routes);

        int? PortOf(GatewayServer server) => IngressAddresses.PortOf(ports, server) is { } found ? about.PortOf(found.TargetPort) : server.Port;
    }

    public async Task<MeshAnswer> AnswerAsync(ApplicationCalls calls, MeshRequest request, CancellationToken cancel)
    {
        if (!servers.Any(server => server.Hosts.Any(host => HostNames.Covers(host.Name, request.Host))) || routes.FirstOrDefault(route => Takes(route, request)) is not { } taken)
            return new MeshAnswer { Status = 404, IsOfProxy = true };
        if (taken.Answer is { } answer)
            return MeshAnswer.Text(501, $"The sandbox's gateways do not answer by themselves: {taken.DefinedBy} says \"{answer}\".", ofProxy: true);
        if (Choose(taken.Destinations) is not { Service: { } service, Namespace: { } ns } destination)
            return MeshAnswer.Text(503, "no healthy upstream", ofProxy: true);
        Func<JsonObject, bool>? wanted = await SubsetAsync(destination, ns, service, cancel).ConfigureAwait(false);
        int? port = destination.Port ?? PortOf(ns, service);
        if (wanted is null || port is null)
            return MeshAnswer.Text(503, "no healthy upstream", ofProxy: true);
        (MeshAnswer got, Hop hop) = await traffic.ForwardAsync(calls.Pod, ns, service, port.Value, wanted, request, cancel).ConfigureAwait(false);
        return got with { Hops = [hop, .. got.Hops] };
    }

    private static bool Takes(IngressRoute route, MeshRequest request)
    {
        if (!HostNames.Covers(route.Host, request.Host) || !(route.Condition is null || route.Condition == $"method {request.Method}"))
            return false;
        try
        {
            // Envoy's expressions must match the whole path.
            return route.Match == PathMatch.Regex ? Regex.IsMatch(request.Path, $"^(?:{route.Path})$", RegexOptions.CultureInvariant, Patience) : route.Takes(request.Path);
        }
        catch (Exception e) when (e is ArgumentException or RegexMatchTimeoutException)
        {
            return false;
        }
    }

    // In turn, each as often as its weight says.
    private IngressDestination? Choose(IReadOnlyList<IngressDestination> destinations)
    {
        int whole = destinations.Sum(destination => destination.Weight ?? 1);
        if (whole == 0)
            return null;
        int at = (Interlocked.Increment(ref _turn) & int.MaxValue) * 37 % whole;
        foreach (IngressDestination destination in destinations)
        {
            at -= destination.Weight ?? 1;
            if (at < 0)
                return destination;
        }
        return null;
    }

    // The labels that a subset stands for; null when nothing defines it.
    private async Task<Func<JsonObject, bool>?> SubsetAsync(IngressDestination destination, string ns, string service, CancellationToken cancel)
    {
        if (destination.Subset is not { } subset)
            return _ => true;
        string[] names = [service, $"{service}.{ns}", $"{service}.{ns}.svc.cluster.local"];
        JsonObject? found = (await traffic.Config.ListAsync("networking.istio.io", "destinationrules", cancel).ConfigureAwait(false))
            .Where(rule => names.Contains(rule.TextAt("spec.host"))).SelectMany(rule => Meta.Items(rule, "spec", "subsets")).FirstOrDefault(one => one.TextAt("name") == subset);
        if (found is null)
            return null;
        IReadOnlyDictionary<string, string> labels = Core.Mesh.Ingress.LabelSelector.Read(found.At("labels"));
        return pod => Core.Mesh.Ingress.LabelSelector.Matches(labels, Meta.Labels(pod));
    }

    private int? PortOf(string ns, string service) =>
        traffic.Services.FirstOrDefault(one => Meta.Name(one) == service && Meta.Namespace(one) == ns) is { } found
        && Meta.Items(found, "spec", "ports").ToArray() is [var only] ? Meta.Int(only, "port") : null;
}
