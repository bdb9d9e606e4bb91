using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Http;

namespace IstioAdmin.Sandbox.Api.Discovery;

/// <summary>Answers what the server is and what it serves.</summary>
/// <param name="types">What it serves.</param>
/// <param name="address">Host and port as clients reach them.</param>
internal sealed class DiscoveryHandler(IResourceTypes types, string address)
{
    /// <summary>The version of Kubernetes that the sandbox models, with a mark that it is a sandbox.</summary>
    public const string Version = "v1.20.15+istioadmin.sandbox";

    private static readonly string[] Checks = ["ping", "log", "etcd", "poststarthook/rbac/bootstrap-roles"];

    /// <summary>Answers a request for a path that is no resource, if the path is known here.</summary>
    public async Task<bool> TryHandleAsync(HttpExchange exchange)
    {
        string[] parts = exchange.Path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts is [("healthz" or "livez" or "readyz") and var probe, ..])
        {
            await ProbeAsync(exchange, probe, string.Join('/', parts[1..])).ConfigureAwait(false);
            return true;
        }
        JsonNode? content = parts switch
        {
            [] => new JsonObject { ["paths"] = Paths() },
            ["version"] => VersionInfo(),
            ["api"] => Core(),
            ["apis"] => Groups(),
            ["api", var version] => Resources("", version),
            ["apis", var group] => Group(group, withKind: true),
            ["apis", var group, var version] => Resources(group, version),
            _ => null,
        };
        if (content is null)
            return false;
        if (parts is ["api" or "apis", ..])
        {
            if (exchange.Method is not ("GET" or "HEAD"))
                throw new ApiException(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", new JsonObject());
            RequireJson(exchange);
        }
        await JsonAnswer.WriteAsync(exchange, 200, content).ConfigureAwait(false);
        return true;
    }

    /// <summary>Answers that there is no such path, with the paths that there are.</summary>
    public Task NotFoundAsync(HttpExchange exchange) => JsonAnswer.WriteAsync(exchange, 404, new JsonObject { ["paths"] = Paths() });

    // Clients of today ask for aggregated discovery first and take the old kind as well; that is negotiated by the Accept header.
    private static void RequireJson(HttpExchange exchange)
    {
        if (exchange.Headers.GetValueOrDefault("Accept") is not { Length: > 0 } accept)
            return;
        bool takesJson = accept.Split(',').Select(range => range.Split(';')).Any(range =>
            range[0].Trim() is "application/json" or "*/*" or "application/*" && !range.Skip(1).Any(parameter => parameter.Trim().StartsWith("as=", StringComparison.Ordinal)));
        if (!takesJson)
            throw new ApiException(406, "NotAcceptable", "only the following media types are accepted: application/json");
    }

    private JsonArray Paths()
    {
        List<string> paths = ["/api", "/apis", "/apis/", "/healthz", "/livez", "/openapi/v2", "/readyz", "/version"];
        foreach (ResourceType type in types.All)
        {
            paths.Add(type.Group.Length == 0 ? $"/api/{type.Version}" : $"/apis/{type.ApiVersion}");
            if (type.Group.Length > 0)
                paths.Add($"/apis/{type.Group}");
        }
        foreach (string check in Checks)
            paths.AddRange([$"/healthz/{check}", $"/livez/{check}", $"/readyz/{check}"]);
        return [.. paths.Distinct().Order(StringComparer.Ordinal).Select(path => JsonValue.Create(path))];
    }

    private static JsonObject VersionInfo() => new()
    {
        ["major"] = "1",
        ["minor"] = "20",
        ["gitVersion"] = Version,
        ["gitCommit"] = "",
        ["gitTreeState"] = "sandbox",
        ["buildDate"] = "1970-01-01T00:00:00Z",
        ["goVersion"] = "",
        ["compiler"] = "sandbox",
        ["platform"] = "sandbox",
    };

    private JsonObject Core() => new()
    {
        ["kind"] = "APIVersions",
        ["versions"] = new JsonArray([.. types.All.Where(type => type.Group.Length == 0).Select(type => type.Version).Distinct().Select(version => JsonValue.Create(version))]),
        ["serverAddressByClientCIDRs"] = new JsonArray(new JsonObject { ["clientCIDR"] = "0.0.0.0/0", ["serverAddress"] = address }),
    };

    private JsonObject Groups() => new()
    {
        ["kind"] = "APIGroupList",
        ["apiVersion"] = "v1",
        ["groups"] = new JsonArray([.. types.All.Select(type => type.Group).Where(group => group.Length > 0).Distinct().Select(group => Group(group, withKind: false))]),
    };

    private JsonObject? Group(string name, bool withKind)
    {
        string[] versions = [.. types.All.Where(type => type.Group == name && name.Length > 0).Select(type => type.Version).Distinct()];
        if (versions.Length == 0)
            return null;
        var group = new JsonObject();
        if (withKind)
        {
            group["kind"] = "APIGroup";
            group["apiVersion"] = "v1";
        }
        group["name"] = name;
        group["versions"] = new JsonArray([.. versions.Select(version => Named(name, version))]);
        group["preferredVersion"] = Named(name, versions[0]);
        return group;

        static JsonObject Named(string group, string version) => new() { ["groupVersion"] = $"{group}/{version}", ["version"] = version };
    }

    private JsonObject? Resources(string group, string version)
    {
        ResourceType[] served = [.. types.All.Where(type => type.Group == group && type.Version == version)];
        if (served.Length == 0)
            return null;
        var list = new JsonObject { ["kind"] = "APIResourceList" };
        // The core's list is older than the field.
        if (group.Length > 0)
            list["apiVersion"] = "v1";
        list["groupVersion"] = served[0].ApiVersion;
        list["resources"] = new JsonArray([.. served.SelectMany(Resources).OrderBy(each => each.Name, StringComparer.Ordinal).Select(each => each.Resource)]);
        return list;
    }

    private static IEnumerable<(string Name, JsonObject Resource)> Resources(ResourceType type)
    {
        var resource = new JsonObject
        {
            ["name"] = type.Plural,
            ["singularName"] = type.IsCustom ? type.Singular : "",
            ["namespaced"] = type.Namespaced,
            ["kind"] = type.Kind,
            ["verbs"] = Texts(type.Verbs),
        };
        if (type.ShortNames.Count > 0)
            resource["shortNames"] = Texts(type.ShortNames);
        if (type.Categories.Count > 0)
            resource["categories"] = Texts(type.Categories);
        yield return (type.Plural, resource);
        foreach (SubresourceType part in type.SubresourceTypes)
        {
            var sub = new JsonObject { ["name"] = $"{type.Plural}/{part.Name}", ["singularName"] = "", ["namespaced"] = type.Namespaced };
            if (part.Version is not null)
            {
                sub["group"] = part.Group ?? "";
                sub["version"] = part.Version;
            }
            sub["kind"] = part.Kind;
            sub["verbs"] = Texts(part.Verbs);
            yield return ($"{type.Plural}/{part.Name}", sub);
        }

        static JsonArray Texts(IReadOnlyList<string> texts) => [.. texts.Select(text => JsonValue.Create(text))];
    }

    private static async Task ProbeAsync(HttpExchange exchange, string probe, string check)
    {
        string[] excluded = [.. exchange.Query.All("exclude")];
        string text;
        if (check.Length > 0)
        {
            if (!Checks.Contains(check))
                throw new ApiException(404, "NotFound", "the server could not find the requested resource", new JsonObject());
            text = "ok";
        }
        else if (exchange.Query["verbose"] is not null)
        {
            var lines = new StringBuilder();
            foreach (string name in Checks)
                lines.Append($"[+]{name} {(excluded.Contains(name) ? "excluded: " : "")}ok\n");
            text = lines.Append(probe).Append(" check passed\n").ToString();
        }
        else
        {
            text = "ok";
        }
        await JsonAnswer.WriteAsync(exchange, 200, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(text)).ConfigureAwait(false);
    }
}
