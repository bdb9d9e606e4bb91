using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Listing;

namespace IstioAdmin.Core.Mesh.Ingress;

/// <summary>Reads Gateways and HTTPRoutes of <c>gateway.networking.k8s.io</c>; meanings as in kubernetes-sigs/gateway-api apis/v1.</summary>
internal static class GatewayApi
{
    public const string Group = "gateway.networking.k8s.io";

    /// <summary>Whether a Gateway is one to the outside; a waypoint serves the inside of an ambient mesh.</summary>
    public static bool IsIngress(JsonObject gateway) => gateway.TextAt("spec.gatewayClassName") is not "istio-waypoint";

    /// <summary>What a Gateway opens.</summary>
    public static GatewayConfig Read(JsonObject gateway)
    {
        string ns = gateway.Metadata("namespace") ?? "", name = gateway.Metadata("name") ?? "";
        return new GatewayConfig
        {
            Namespace = ns,
            Name = name,
            Service = ServiceOf(gateway, ns),
            Servers = [.. gateway.At("spec.listeners").Objects().Select(listener => Server(listener, ns, name)).OfType<GatewayServer>()],
        };
    }

    /// <summary>The routes of an HTTPRoute through a Gateway's listeners.</summary>
    public static IEnumerable<IngressRoute> Routes(JsonObject route, GatewayConfig gateway)
    {
        string ns = route.Metadata("namespace") ?? "", name = route.Metadata("name") ?? "";
        foreach (JsonObject parent in route.At("spec.parentRefs").Objects().Where(parent => Names(parent, ns, gateway)))
        {
            foreach (GatewayServer server in gateway.Servers.Where(server => IsMeant(parent, server) && server.Scheme is "http" or "https"))
            {
                string[] hosts = route.TextsAt("spec.hostnames") is { Count: > 0 } given ? [.. given] : ["*"];
                foreach (string host in hosts.Select(host => HostNames.Common(server.Hosts[0].Name, host)).OfType<string>().Distinct(StringComparer.OrdinalIgnoreCase))
                {
                    foreach (IngressRoute one in route.At("spec.rules").Objects().SelectMany(rule => Rule(rule, server, host, ns, $"HTTPRoute {ns}/{name}")))
                        yield return one;
                }
            }
        }
    }

    // A Gateway that Istio does not make a Service for names the one it is for as its address, by its full name.
    private static (string, string)? ServiceOf(JsonObject gateway, string ns)
    {
        JsonObject? address = gateway.At("spec.addresses").Objects().FirstOrDefault(address => address.TextAt("type") == "Hostname");
        return address.TextAt("value")?.Split('.') switch
        {
            [var name] => (ns, name),
            [var name, var space, "svc", ..] => (space, name),
            _ => null,
        };
    }

    private static GatewayServer? Server(JsonObject listener, string ns, string name) =>
        listener.NumberAt("port") is { } port && listener.TextAt("protocol") is { } protocol
            ? new GatewayServer
            {
                Gateway = $"{ns}/{name}",
                Name = listener.TextAt("name"),
                Port = port,
                Scheme = GatewayServer.SchemeOf(protocol, listener.TextAt("tls.mode")),
                WantsClientCertificate = listener.At("tls.frontendValidation") is not null || listener.At("tls", "options", "gateway.istio.io/tls-terminate-mode").Text() == "MUTUAL",
                Hosts = [new GatewayHost(listener.TextAt("hostname") ?? "*", null)],
            }
            : null;

    private static bool Names(JsonObject parent, string ns, GatewayConfig gateway) =>
        (parent.TextAt("kind") ?? "Gateway") == "Gateway" && (parent.TextAt("group") ?? Group) == Group
        && parent.TextAt("name") == gateway.Name && (parent.TextAt("namespace") ?? ns) == gateway.Namespace;

    private static bool IsMeant(JsonObject parent, GatewayServer server) =>
        (parent.TextAt("sectionName") is not { } section || section == server.Name) && (parent.NumberAt("port") is not { } port || port == server.Port);

    private static IEnumerable<IngressRoute> Rule(JsonObject rule, GatewayServer server, string host, string ns, string definedBy)
    {
        JsonObject?[] matches = rule.At("matches") is JsonArray { Count: > 0 } list ? [.. list.OfType<JsonObject>()] : [null];
        foreach (JsonObject? match in matches)
        {
            string path = match.TextAt("path.value") ?? "/";
            yield return new IngressRoute
            {
                Host = host,
                Match = match.TextAt("path.type") switch
                {
                    "Exact" => PathMatch.Exact,
                    "RegularExpression" => PathMatch.Regex,
                    _ => path == "/" ? PathMatch.Any : PathMatch.Prefix,
                },
                Path = path,
                Condition = ConditionOf(match),
                Destinations = DestinationsOf(rule, ns),
                Answer = rule.At("filters").Objects().Any(filter => filter.TextAt("type") == "RequestRedirect") ? "redirect" : null,
                Scheme = server.Scheme,
                Port = server.Port,
                Gateway = server.Gateway,
                DefinedBy = definedBy,
                Server = server,
            };
        }
    }

    private static string? ConditionOf(JsonObject? match)
    {
        List<string> conditions = [];
        if (match.TextAt("method") is { } method and not "GET")
            conditions.Add($"method {method}");
        conditions.AddRange(match.At("headers").Objects().Select(header => $"header {header.TextAt("name")} {header.TextAt("value")}"));
        conditions.AddRange(match.At("queryParams").Objects().Select(query => $"query {query.TextAt("name")} {query.TextAt("value")}"));
        return conditions.Count == 0 ? null : string.Join(", ", conditions);
    }

    private static IngressDestination[] DestinationsOf(JsonObject rule, string ns)
    {
        JsonObject[] backends = [.. rule.At("backendRefs").Objects()];
        return [.. backends.Where(backend => backend.TextAt("name") is not null).Select(backend =>
        {
            string name = backend.TextAt("name")!, space = backend.TextAt("namespace") ?? ns;
            bool service = (backend.TextAt("kind") ?? "Service") == "Service";
            return new IngressDestination
            {
                Host = name,
                Service = service ? name : null,
                Namespace = service ? space : null,
                Port = backend.NumberAt("port"),
                Weight = backends.Length > 1 ? backend.NumberAt("weight") ?? 1 : null,
            };
        })];
    }
}
