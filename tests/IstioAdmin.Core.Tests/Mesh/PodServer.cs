using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Testing;
using Microsoft.AspNetCore.Http;

namespace IstioAdmin.Core.Tests.Mesh;

/// <summary>
/// A server that has pods, namespaces and nodes by name, lists in pages of two whatever the limit asked, and speaks JSON only.
/// It filters by namespace alone; what it was asked is in <see cref="Requests"/>.
/// </summary>
internal sealed class PodServer : IAsyncDisposable
{
    private const int PageSize = 2;

    private readonly FakeApiServer _server;

    private PodServer(FakeApiServer server) => _server = server;

    public List<JsonObject> Pods { get; private init; } = [];

    /// <summary>Paths that are answered with 403.</summary>
    public HashSet<string> Forbidden { get; private init; } = [];

    public IEnumerable<string> Requests => _server.Requests.Select(Uri.UnescapeDataString);

    public MeshCluster Cluster => PodReading.Cluster(_server.Uri);

    public static async Task<PodServer> StartAsync(IEnumerable<JsonObject> pods, params string[] others)
    {
        var list = pods.ToList();
        var forbidden = new HashSet<string>();
        return new PodServer(await FakeApiServer.StartAsync(context => AnswerAsync(context, list, forbidden, others))) { Pods = list, Forbidden = forbidden };
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static Task AnswerAsync(HttpContext context, List<JsonObject> pods, HashSet<string> forbidden, string[] others)
    {
        string path = context.Request.Path.Value!;
        if (forbidden.Contains(path))
            return StatusAsync(context, 403, "Forbidden");
        if (others.Contains(path))
            return JsonAsync(context, new JsonObject { ["kind"] = "Any" });
        return path.Split('/', StringSplitOptions.RemoveEmptyEntries) switch
        {
            ["api", "v1", "pods"] => ListAsync(context, pods),
            ["api", "v1", "namespaces", var ns, "pods"] => ListAsync(context, pods.Where(p => (string?)p["metadata"]!["namespace"] == ns)),
            ["api", "v1", "namespaces", var ns, "pods", var name]
                when pods.Find(p => (string?)p["metadata"]!["name"] == name && (string?)p["metadata"]!["namespace"] == ns) is { } pod => JsonAsync(context, pod),
            _ => StatusAsync(context, 404, "NotFound"),
        };
    }

    private static Task ListAsync(HttpContext context, IEnumerable<JsonObject> pods)
    {
        int start = int.TryParse(context.Request.Query["continue"], out int token) ? token : 0;
        JsonObject[] rest = pods.Skip(start).ToArray();
        return JsonAsync(context, PodJson.List(rest.Take(PageSize), rest.Length > PageSize ? $"{start + PageSize}" : null));
    }

    private static Task StatusAsync(HttpContext context, int code, string reason)
    {
        context.Response.StatusCode = code;
        return JsonAsync(context, new JsonObject { ["kind"] = "Status", ["apiVersion"] = "v1", ["status"] = "Failure", ["reason"] = reason, ["code"] = code, ["message"] = $"{reason} here" });
    }

    private static Task JsonAsync(HttpContext context, JsonObject value)
    {
        context.Response.ContentType = "application/json";
        return context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(value.ToJsonString())).AsTask();
    }
}
