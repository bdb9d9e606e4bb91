using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Listing;

namespace IstioAdmin.Core.Mesh.Ingress;

/// <summary>Reads Gateways and VirtualServices of <c>networking.istio.io</c>; meanings as in istio/api networking/v1alpha3.</summary>
internal static class IstioGateways
{
    /// <summary>What a Gateway opens.</summary>
    public static GatewayConfig Read(JsonObject gateway)
    {
        string ns = gateway.Metadata("namespace") ?? "", name = gateway.Metadata("name") ?? "";
        return new GatewayConfig
        {
            Namespace = ns,
            Name = name,
            Selector = LabelSelector.Read(gateway.At("spec.selector")),
            Servers = [.. gateway.At("spec.servers").Objects().Select(server => Server(server, ns, name)).OfType<GatewayServer>()],
        };
    }

    /// <summary>The routes of a VirtualService through a Gateway's servers.</summary>
    public static IEnumerable<IngressRoute> Routes(JsonObject service, GatewayConfig gateway)
    {
        string ns = service.Metadata("namespace") ?? "", name = service.Metadata("name") ?? "";
        if (!service.TextsAt("spec.gateways").Any(wanted => Names(wanted, ns, gateway)))
            yield break;
        var source = new Source(service, ns, $"VirtualService {ns}/{name}", gateway);
        foreach (GatewayServer server in gateway.Servers)
        {
            foreach (string host in CommonHosts(server, service.TextsAt("spec.hosts"), ns))
            {
                IEnumerable<IngressRoute> routes = server.Scheme switch
                {
                    "http" or "https" => service.At("spec.http").Objects().SelectMany(rule => Http(source, server, host, rule)),
                    "tls" => service.At("spec.tls").Objects().SelectMany(rule => Tls(source, server, host, rule)),
                    _ => service.At("spec.tcp").Objects().Select(rule => Stream(source, server, host, rule)),
                };
                foreach (IngressRoute route in routes)
                    yield return route;
            }
        }
    }

    private const string RedirectToTls = "redirect to https";

    private sealed record Source(JsonObject Service, string Namespace, string DefinedBy, GatewayConfig Gateway);

    private static GatewayServer? Server(JsonObject server, string ns, string name) =>
        server.NumberAt("port.number") is { } port && server.TextAt("port.protocol") is { } protocol
            ? new GatewayServer
            {
                Gateway = $"{ns}/{name}",
                Name = server.TextAt("port.name"),
                Port = port,
                Scheme = GatewayServer.SchemeOf(protocol, server.TextAt("tls.mode")),
                WantsClientCertificate = server.TextAt("tls.mode") is "MUTUAL" or "ISTIO_MUTUAL",
                RedirectsToTls = server.FlagAt("tls.httpsRedirect") == true,
                Hosts = [.. server.TextsAt("hosts").Select(host => Host(host, ns))],
            }
            : null;

    // "namespace/name"; the namespace may be "*" for any, or "." for the Gateway's own.
    private static GatewayHost Host(string text, string ns)
    {
        string[] parts = text.Split('/', 2);
        return parts switch
        {
            [var space, var host] => new GatewayHost(host, space switch { "*" => null, "." => ns, _ => space }),
            _ => new GatewayHost(text, null),
        };
    }

    // "namespace/name", or "name" in the same namespace; first releases also took "name.namespace.svc.DOMAIN".
    private static bool Names(string wanted, string ns, GatewayConfig gateway) =>
        wanted.Contains('/', StringComparison.Ordinal)
            ? wanted == gateway.Key
            : wanted.Split('.') switch
            {
                [var name] => name == gateway.Name && ns == gateway.Namespace,
                [var name, var space, "svc", ..] => name == gateway.Name && space == gateway.Namespace,
                _ => wanted == gateway.Name && ns == gateway.Namespace,
            };

    private static IEnumerable<string> CommonHosts(GatewayServer server, IReadOnlyList<string> hosts, string ns) =>
        (from host in hosts
         from allowed in server.Hosts
         where allowed.Namespace is null || allowed.Namespace == ns
         let common = HostNames.Common(allowed.Name, host)
         where common is not null
         select common).Distinct(StringComparer.OrdinalIgnoreCase);

    private static IEnumerable<IngressRoute> Http(Source source, GatewayServer server, string host, JsonObject rule)
    {
        // A match may be meant for some of the VirtualService's gateways only.
        JsonObject?[] matches = rule.At("match") is JsonArray { Count: > 0 } list ? [.. list.OfType<JsonObject>()] : [null];
        foreach (JsonObject? match in matches)
        {
            if (match.At("gateways").Texts() is { Count: > 0 } only && !only.Any(wanted => Names(wanted, source.Namespace, source.Gateway)))
                continue;
            if (match.NumberAt("port") is { } port && port != server.Port)
                continue;
            (PathMatch kind, string path) = PathOf(match.At("uri"));
            yield return Route(source, server, host) with
            {
                Match = kind,
                Path = path,
                Condition = ConditionOf(match),
                Destinations = DestinationsOf(rule, source.Namespace),
                Answer = server.RedirectsToTls ? RedirectToTls : AnswerOf(rule),
            };
        }
    }

    private static IEnumerable<IngressRoute> Tls(Source source, GatewayServer server, string host, JsonObject rule) =>
        from match in rule.At("match").Objects()
        from name in match.TextsAt("sniHosts")
        let common = HostNames.Common(host, name)
        where common is not null
        select Route(source, server, common) with { Destinations = DestinationsOf(rule, source.Namespace) };

    private static IngressRoute Stream(Source source, GatewayServer server, string host, JsonObject rule) =>
        Route(source, server, host) with { Destinations = DestinationsOf(rule, source.Namespace) };

    private static IngressRoute Route(Source source, GatewayServer server, string host) => new()
    {
        Host = host,
        Match = PathMatch.Any,
        Path = "/",
        Destinations = [],
        Scheme = server.Scheme,
        Port = server.Port,
        Gateway = server.Gateway,
        DefinedBy = source.DefinedBy,
        Server = server,
    };

    private static (PathMatch Kind, string Path) PathOf(JsonNode? uri) =>
        uri.TextAt("exact") is { } exact ? (PathMatch.Exact, exact)
        : uri.TextAt("prefix") is { } prefix ? (prefix == "/" ? PathMatch.Any : PathMatch.Prefix, prefix)
        : uri.TextAt("regex") is { } regex ? (PathMatch.Regex, regex)
        : (PathMatch.Any, "/");

    private static string? ConditionOf(JsonObject? match)
    {
        List<string> conditions = [];
        if (match.At("method") is JsonObject method && method.TextAt("exact") != "GET")
            conditions.Add($"method {StringMatch(method)}");
        foreach (string part in (string[])["scheme", "authority"])
        {
            if (match.At(part) is JsonObject asked)
                conditions.Add($"{part} {StringMatch(asked)}");
        }
        foreach ((string part, string word) in ((string, string)[])[("headers", "header"), ("withoutHeaders", "no header"), ("queryParams", "query")])
        {
            foreach ((string name, JsonNode? asked) in match.At(part) as JsonObject ?? [])
                conditions.Add($"{word} {name} {StringMatch(asked)}".TrimEnd());
        }
        if (match.At("sourceLabels") is JsonObject { Count: > 0 })
            conditions.Add("labels of the client");
        return conditions.Count == 0 ? null : string.Join(", ", conditions);
    }

    private static string StringMatch(JsonNode? match) =>
        match.TextAt("exact") ?? (match.TextAt("prefix") is { } prefix ? $"{prefix}..." : match.TextAt("regex") is { } regex ? $"~{regex}" : "");

    private static IngressDestination[] DestinationsOf(JsonObject rule, string ns)
    {
        JsonObject[] routes = [.. rule.At("route").Objects()];
        return [.. routes.Where(route => route.TextAt("destination.host") is not null).Select(route =>
            IngressDestination.Of(route.TextAt("destination.host")!, ns) with
            {
                Port = route.NumberAt("destination.port.number"),
                Subset = route.TextAt("destination.subset"),
                Weight = routes.Length > 1 ? route.NumberAt("weight") : null,
            })];
    }

    private static string? AnswerOf(JsonObject rule)
    {
        if (rule.At("redirect") is JsonObject redirect)
            return $"redirect to {redirect.TextAt("scheme") ?? ""}{(redirect.TextAt("authority") is { } to ? $"//{to}" : "")}{redirect.TextAt("uri")}".TrimEnd();
        if (rule.At("directResponse") is { } direct)
            return $"status {direct.NumberAt("status")}";
        return rule.At("delegate") is { } delegated ? $"delegated to VirtualService {delegated.TextAt("namespace")}/{delegated.TextAt("name")}" : null;
    }
}
