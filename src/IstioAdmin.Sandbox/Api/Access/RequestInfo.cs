using IstioAdmin.Sandbox.Http;

namespace IstioAdmin.Sandbox.Api.Access;

/// <summary>Reads what a request is about out of its method and path (<c>apiserver/pkg/endpoints/request/requestinfo.go</c>).</summary>
internal static class RequestInfo
{
    /// <summary>Reads it.</summary>
    public static RequestAttributes Read(HttpExchange exchange) => Read(exchange.Method, exchange.Path, exchange.Query);

    /// <summary>Reads it.</summary>
    /// <param name="method">The method, in upper case.</param>
    /// <param name="path">The path as it was sent.</param>
    /// <param name="query">The query's parameters.</param>
    public static RequestAttributes Read(string method, string path, HttpQuery query)
    {
        string[] parts = [.. path.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString)];
        bool isCore = parts is ["api", _, _, ..];
        if (!isCore && parts is not ["apis", _, _, _, ..])
            return new RequestAttributes { Verb = method.ToLowerInvariant(), NonResourcePath = Uri.UnescapeDataString(path) };

        (string group, string version, string[] rest) = isCore ? ("", parts[1], parts[2..]) : (parts[1], parts[2], parts[3..]);
        string verb = method switch
        {
            "POST" => "create",
            "GET" or "HEAD" => "get",
            "PUT" => "update",
            "PATCH" => "patch",
            "DELETE" => "delete",
            _ => "",
        };
        // The old way to watch: /api/v1/watch/…
        bool watchesByPath = rest is ["watch", _, ..];
        if (watchesByPath)
            (verb, rest) = ("watch", rest[1..]);

        string? @namespace = null;
        if (rest is ["namespaces", var inside, ..])
        {
            @namespace = inside;
            if (rest is [_, _, not ("status" or "finalize"), ..])
                rest = rest[2..];
        }
        string? name = rest.ElementAtOrDefault(1);
        if (name is null && verb is "get" or "watch")
        {
            verb = watchesByPath || query.Flag("watch") ? "watch" : "list";
            name = SelectedName(query["fieldSelector"]);
        }
        else if (name is null && verb == "delete")
        {
            verb = "deletecollection";
        }
        return new RequestAttributes
        {
            Verb = verb,
            Group = group,
            Version = version,
            Resource = rest[0],
            Subresource = rest.ElementAtOrDefault(2) ?? "",
            Namespace = @namespace,
            Name = name,
        };
    }

    // Who may see one object may list with a selector that finds that one alone.
    private static string? SelectedName(string? selector) => (selector ?? "").Split(',')
        .Select(term => term.Split('=', 2))
        .Where(term => term is ["metadata.name", _])
        .Select(term => term[1].TrimStart('='))
        .FirstOrDefault(value => value.Length > 0);
}
