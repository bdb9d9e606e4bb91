using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Listing;

namespace IstioAdmin.Core.Mesh.Ingress;

/// <summary>The ingress gateways of a cluster.</summary>
public static class MeshIngresses
{
    private static readonly string[] IstioVersions = ["v1", "v1beta1", "v1alpha3"];
    private static readonly string[] GatewayApiVersions = ["v1", "v1beta1", "v1alpha2"];

    /// <summary>
    /// Lists ingress gateways: Services whose pods carry the labels of one, and those whose pods are selected by a Gateway. Gateways for the way
    /// out of the mesh, and waypoints, are none.
    /// </summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="ns">One namespace, or null for all.</param>
    /// <param name="wanted">Which of them, by namespace and name.</param>
    /// <param name="reporter">Told what may not be read.</param>
    /// <param name="cancel">Cancels the requests.</param>
    /// <exception cref="MeshException">Services or pods could not be read.</exception>
    public static async Task<IReadOnlyList<MeshIngress>> ListAsync(
        MeshCluster cluster, string? ns, Func<string, string, bool> wanted, IReporter reporter, CancellationToken cancel)
    {
        var objects = new IngressObjects(cluster.Client, reporter);
        IReadOnlyList<JsonObject> services = await objects.ServicesAsync(ns, cancel).ConfigureAwait(false);
        GatewayRoutes routes = await ReadRoutesAsync(objects, cancel).ConfigureAwait(false);
        IReadOnlyList<IngressPod> selected = await SelectedPodsAsync(objects, routes, ns, cancel).ConfigureAwait(false);

        List<MeshIngress> found = [];
        foreach (JsonObject service in services)
        {
            if (wanted(NamespaceOf(service), NameOf(service)) && IsIngress(service, routes, selected))
                found.Add(await ReadAsync(cluster, objects, routes, service, cancel).ConfigureAwait(false));
        }
        return found;
    }

    private static async Task<GatewayRoutes> ReadRoutesAsync(IngressObjects objects, CancellationToken cancel)
    {
        IReadOnlyList<JsonObject>? gateways = await objects.ConfigAsync("networking.istio.io", IstioVersions, "Gateway", cancel).ConfigureAwait(false);
        IReadOnlyList<JsonObject>? services = gateways is { Count: > 0 } ? await objects.ConfigAsync("networking.istio.io", IstioVersions, "VirtualService", cancel).ConfigureAwait(false) : [];
        IReadOnlyList<JsonObject>? apiGateways = await objects.ConfigAsync(GatewayApi.Group, GatewayApiVersions, "Gateway", cancel).ConfigureAwait(false);
        IReadOnlyList<JsonObject>? apiRoutes = apiGateways is { Count: > 0 } ? await objects.ConfigAsync(GatewayApi.Group, GatewayApiVersions, "HTTPRoute", cancel).ConfigureAwait(false) : [];
        return new GatewayRoutes
        {
            Gateways = [.. (gateways ?? []).Select(IstioGateways.Read), .. (apiGateways ?? []).Where(GatewayApi.IsIngress).Select(GatewayApi.Read)],
            VirtualServices = services ?? [],
            HttpRoutes = apiRoutes ?? [],
            GatewaysKnown = gateways is not null && apiGateways is not null,
            RoutesKnown = services is not null && apiRoutes is not null,
        };
    }

    // A Gateway's labels need not be those by which a Service selects the same pods.
    private static async Task<IReadOnlyList<IngressPod>> SelectedPodsAsync(IngressObjects objects, GatewayRoutes routes, string? ns, CancellationToken cancel)
    {
        List<IngressPod> pods = [];
        foreach (IReadOnlyDictionary<string, string> selector in routes.Gateways.Select(gateway => gateway.Selector).OfType<IReadOnlyDictionary<string, string>>()
            .Where(selector => selector.Count > 0).DistinctBy(LabelSelector.Text))
            pods.AddRange(await objects.PodsAsync(ns, selector, cancel).ConfigureAwait(false));
        return pods;
    }

    private static bool IsIngress(JsonObject service, GatewayRoutes routes, IReadOnlyList<IngressPod> selected)
    {
        if (IngressLabels.IsOther(service))
            return false;
        IReadOnlyDictionary<string, string> selector = LabelSelector.Read(service.At("spec.selector"));
        string ns = NamespaceOf(service);
        return IngressLabels.IsIngress(service)
            || routes.Gateways.Any(gateway => gateway.Service == (ns, NameOf(service)) || (gateway.Selector is { Count: > 0 } labels && LabelSelector.Matches(labels, selector)))
            || selected.Any(pod => pod.Namespace == ns && pod.Has(selector));
    }

    private static async Task<MeshIngress> ReadAsync(MeshCluster cluster, IngressObjects objects, GatewayRoutes routes, JsonObject service, CancellationToken cancel)
    {
        string ns = NamespaceOf(service);
        IReadOnlyDictionary<string, string> selector = LabelSelector.Read(service.At("spec.selector"));
        IReadOnlyList<IngressPod> pods = await objects.PodsAsync(ns, selector, cancel).ConfigureAwait(false);
        GatewayConfig[] gateways = [.. routes.Gateways.Where(gateway => IsFor(gateway, service, selector, pods))];
        IngressRoute[] bound = [.. gateways.SelectMany(routes.Of)];
        GatewayServer[] servers = [.. gateways.SelectMany(gateway => gateway.Servers)];
        string type = service.TextAt("spec.type") ?? "ClusterIP";
        IReadOnlyList<string> handedOut = IngressAddresses.HandedOut(service);
        IReadOnlyList<string> nodes = type is "NodePort" or "LoadBalancer" ? await NodesAsync(objects, pods, cancel).ConfigureAwait(false) : [];
        IngressPort[] ports = IngressAddresses.Ports(service);
        IReadOnlyList<IngressEndpoint> endpoints = IngressAddresses.Endpoints(ports, servers, handedOut, nodes);
        (MeshIngressState state, string? message) = StateOf(type, handedOut, pods, servers, bound, routes);
        return new MeshIngress
        {
            Cluster = cluster.Name,
            Namespace = ns,
            Name = NameOf(service),
            Type = type,
            Addresses = handedOut.Count > 0 ? handedOut : type switch
            {
                "NodePort" => nodes,
                "LoadBalancer" => [],
                _ => service.TextAt("spec.clusterIP") is { } inside and not "None" ? [inside] : [],
            },
            Ports = ports,
            ReadyPods = pods.Count(pod => pod.IsReady),
            DesiredPods = await objects.DesiredPodsAsync(ns, selector, cancel).ConfigureAwait(false) ?? pods.Count,
            Hosts = [.. bound.Select(route => route.Host).Distinct(StringComparer.OrdinalIgnoreCase)],
            Routes = bound,
            Urls = Urls(type, endpoints, bound),
            State = state,
            Message = message,
            Resource = service,
            Pods = pods,
            Servers = servers,
            ServersKnown = routes.GatewaysKnown,
            Endpoints = endpoints,
        };
    }

    private static bool IsFor(GatewayConfig gateway, JsonObject service, IReadOnlyDictionary<string, string> selector, IReadOnlyList<IngressPod> pods)
    {
        if (gateway.Selector is { } labels)
            return LabelSelector.Matches(labels, selector) || pods.Any(pod => pod.Has(labels));
        if (gateway.Service is { } named)
            return named == (NamespaceOf(service), NameOf(service));
        return NamespaceOf(service) == gateway.Namespace
            && (selector.GetValueOrDefault(IngressLabels.GatewayApiName) ?? selector.GetValueOrDefault(IngressLabels.OldGatewayApiName)) == gateway.Name;
    }

    // Every node passes a node port on, unless the Service says "Local"; those that run a ready pod do in any case.
    private static async Task<IReadOnlyList<string>> NodesAsync(IngressObjects objects, IReadOnlyList<IngressPod> pods, CancellationToken cancel)
    {
        List<string> addresses = [];
        foreach (IngressPod pod in pods.Where(pod => pod.IsReady).DistinctBy(pod => pod.Node))
            addresses.AddRange(await objects.NodeAddressesAsync(pod, cancel).ConfigureAwait(false));
        return [.. addresses.Distinct(StringComparer.Ordinal)];
    }

    private static (MeshIngressState State, string? Message) StateOf(
        string type, IReadOnlyList<string> handedOut, IReadOnlyList<IngressPod> pods, GatewayServer[] servers, IngressRoute[] bound, GatewayRoutes routes)
    {
        if (!pods.Any(pod => pod.IsReady))
            return (MeshIngressState.NotReady, pods is [var first, ..] ? $"pod {first.Name} {first.Trouble}" : "there is no pod behind its Service");
        if (type == "LoadBalancer" && handedOut.Count == 0)
            return (MeshIngressState.Pending, "the load balancer has no address yet");
        if (servers.Length == 0 && routes.GatewaysKnown)
            return (MeshIngressState.Unrouted, "no Gateway opens a port on it");
        if (bound.Length == 0 && servers.Length > 0 && routes.RoutesKnown)
            return (MeshIngressState.Unrouted, $"nothing is routed through {string.Join(", ", servers.Select(server => server.Gateway).Distinct())}");
        return (MeshIngressState.Ready, null);
    }

    private static string[] Urls(string type, IReadOnlyList<IngressEndpoint> endpoints, IngressRoute[] bound)
    {
        IEnumerable<IngressEndpoint> shown = endpoints.Where(endpoint => endpoint.Server.Scheme is "http" or "https" && !endpoint.Server.RedirectsToTls
            && (type == "NodePort" || endpoint.Via == IngressVia.LoadBalancer));
        return [.. shown.Select(endpoint => endpoint.Url(bound.FirstOrDefault(route => route.IsOpenable && route.Server == endpoint.Server)?.Path ?? "/").ToString()).Distinct()];
    }

    private static string NamespaceOf(JsonObject service) => service.Metadata("namespace") ?? "";

    private static string NameOf(JsonObject service) => service.Metadata("name") ?? "";
}
