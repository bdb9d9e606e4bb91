using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace IstioAdmin.Testing;

/// <summary>
/// A server that keeps objects in a namespace <c>demo</c> and applies manifests, just well enough for a sample's installation, and misbehaves on request.
/// What a real server does is tested against a real one; this is for what it cannot be made to do.
/// </summary>
public partial class FakeObjectServer : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, JsonObject> _objects = new();
    private readonly ConcurrentDictionary<string, string> _applied = new();
    private FakeApiServer _server = null!;
    private int _version;

    protected FakeObjectServer() => Put("/api/v1/namespaces/demo", """{"metadata":{"name":"demo"},"status":{"phase":"Active"}}""");

    /// <summary>Base address.</summary>
    public Uri Uri => _server.Uri;

    /// <summary>API versions of Istio's routing API that the server knows.</summary>
    public string[] RoutingVersions { get; set; } = [];

    /// <summary>The server's version.</summary>
    public string Version { get; set; } = "v1.31.0";

    /// <summary>What discovery tells of, beside Istio's routing API.</summary>
    public List<(string ApiVersion, string Plural, string Kind, bool Namespaced)> Served { get; } = [];

    /// <summary>Called with path and object when an object without finalizers was deleted: the garbage collector.</summary>
    public Action<string, JsonObject> Deleted { get; set; } = (_, _) => { };

    /// <summary>Called with path and object when the deletion of an object with finalizers was asked for: the operator.</summary>
    public Action<string, JsonObject> Finalizing { get; set; } = (_, _) => { };

    /// <summary>Whether deployments and stateful sets are rolled out as soon as they are applied.</summary>
    public bool RollsOut { get; set; } = true;

    /// <summary>Answers a request with a status and a message instead of serving it.</summary>
    public Func<HttpRequest, (int Status, string Message)?> Refuse { get; set; } = _ => null;

    /// <summary>Where the ports of pods really are, by <c>namespace/pod:port</c>; nothing listens on the others.</summary>
    public ConcurrentDictionary<string, IPEndPoint> PodPorts { get; } = new();

    /// <summary>Requests that changed something.</summary>
    public IEnumerable<string> Writes => _server.Requests.Where(request => !request.StartsWith("GET ", StringComparison.Ordinal) && !request.Contains("dryRun=All", StringComparison.Ordinal));

    /// <summary>All requests.</summary>
    public IEnumerable<string> Requests => _server.Requests;

    public static async Task<FakeObjectServer> StartAsync()
    {
        var server = new FakeObjectServer();
        await server.ListenAsync();
        return server;
    }

    /// <summary>Writes a kubeconfig for this server and returns its path.</summary>
    public string WriteKubeconfig(string path) => _server.WriteKubeconfig(path);

    public void Put(string path, string json) => _objects[path] = JsonNode.Parse(json)!.AsObject();

    public JsonObject? Find(string path) => _objects.GetValueOrDefault(path);

    public void Drop(string path) => _objects.TryRemove(path, out _);

    public IReadOnlyList<string> Paths => [.. _objects.Keys.Order()];

    /// <summary>A pod of a deployment, with a status.</summary>
    public void PutPod(string deployment, string suffix, string status, string? node = "node-1")
    {
        string name = $"{deployment}-5d4f8c7b9-{suffix}";
        Put($"/api/v1/namespaces/demo/pods/{name}", $$"""
            {"metadata":{"name":"{{name}}","namespace":"demo","uid":"uid-{{name}}","creationTimestamp":"2026-01-01T00:00:00Z",
              "ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"{{deployment}}-5d4f8c7b9","uid":"u","controller":true}]},
             "spec":{"nodeName":{{(node is null ? "null" : $"\"{node}\"")}},"containers":[{"name":"c"}]},"status":{{status}}}
            """);
    }

    public virtual async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected async Task ListenAsync() => _server = await FakeApiServer.StartAsync(AnswerAsync);

    private async Task AnswerAsync(HttpContext context)
    {
        string path = context.Request.Path.Value!;
        if (Refuse(context.Request) is { } refusal)
        {
            await context.FailAsync(refusal.Status, refusal.Message);
            return;
        }
        if (context.WebSockets.IsWebSocketRequest && path.EndsWith("/portforward", StringComparison.Ordinal))
        {
            await FakePortForward.ServeAsync(context, PodPorts);
            return;
        }
        switch (context.Request.Method)
        {
            case "GET" when path.StartsWith("/apis/networking.istio.io/", StringComparison.Ordinal) && path.Count(c => c == '/') == 3:
                string version = path.Split('/')[3];
                if (!RoutingVersions.Contains(version))
                    goto default;
                await context.Response.WriteAsJsonAsync(JsonNode.Parse($$"""
                    {"kind":"APIResourceList","groupVersion":"networking.istio.io/{{version}}","resources":[
                      {"name":"gateways","kind":"Gateway","namespaced":true,"verbs":["get"]},
                      {"name":"virtualservices","kind":"VirtualService","namespaced":true,"verbs":["get"]}]}
                    """));
                break;
            case "GET" when path == "/version":
                await context.Response.WriteAsJsonAsync(new { major = "1", minor = "31", gitVersion = Version });
                break;
            case "GET" when _objects.TryGetValue(path, out JsonObject? found):
                await context.Response.WriteAsJsonAsync(found);
                break;
            case "GET" when ServedIn(path) is { Length: > 0 } resources:
                await context.Response.WriteAsJsonAsync(new JsonObject
                {
                    ["kind"] = "APIResourceList",
                    ["resources"] = new JsonArray([.. resources.Select(found =>
                        new JsonObject { ["name"] = found.Plural, ["kind"] = found.Kind, ["namespaced"] = found.Namespaced, ["verbs"] = new JsonArray("get") })]),
                });
                break;
            case "GET" when !_objects.ContainsKey(path) && Collection().Match(path) is { Success: true } collection:
                await context.Response.WriteAsJsonAsync(List(collection, context.Request.Query["labelSelector"]));
                break;
            case "PATCH" when context.Request.ContentType == "application/merge-patch+json":
                await MergeAsync(context, path);
                break;
            case "PATCH":
                await ApplyAsync(context, path);
                break;
            case "DELETE" when _objects.TryGetValue(path, out JsonObject? held) && HasFinalizers(held):
                held["metadata"]!["deletionTimestamp"] = "2026-01-01T00:00:00Z";
                Finalizing(path, held);
                await context.Response.WriteAsJsonAsync(held);
                break;
            case "DELETE" when _objects.TryRemove(path, out JsonObject? deleted):
                Deleted(path, deleted);
                await context.Response.WriteAsJsonAsync(deleted);
                break;
            default:
                await context.FailAsync(404, $"{path} not found");
                break;
        }
    }

    private async Task ApplyAsync(HttpContext context, string path)
    {
        string body = await new StreamReader(context.Request.Body).ReadToEndAsync();
        JsonObject manifest = JsonNode.Parse(body)!.AsObject();
        JsonObject? before = Find(path);
        bool dryRun = context.Request.Query["dryRun"] == "All";
        JsonObject metadata = manifest["metadata"]!.AsObject();
        // The version is a condition on the object, no part of what is applied to it.
        metadata.Remove("resourceVersion");
        string applied = manifest.ToJsonString();
        if (before is not null && _applied.GetValueOrDefault(path) == applied)
        {
            await context.Response.WriteAsJsonAsync(before);
            return;
        }
        metadata["uid"] = path;
        metadata["generation"] = 1;
        metadata["resourceVersion"] = dryRun && before is not null ? (string?)before!["metadata"]!["resourceVersion"] : $"{Interlocked.Increment(ref _version)}";
        metadata["managedFields"] = JsonNode.Parse("""[{"manager":"istioadmin","operation":"Apply"}]""");
        if (RollsOut && (string?)manifest["kind"] is "Deployment" or "StatefulSet")
            manifest["status"] = JsonNode.Parse("""{"observedGeneration":1,"replicas":1,"updatedReplicas":1,"readyReplicas":1,"availableReplicas":1,"currentRevision":"r","updateRevision":"r"}""");
        else if ((string?)manifest["kind"] == "StatefulSet")
            manifest["status"] = JsonNode.Parse("""{"observedGeneration":1,"replicas":1,"updatedReplicas":1,"currentRevision":"r","updateRevision":"r"}""");
        if ((string?)manifest["kind"] == "CustomResourceDefinition")
            manifest["status"] = JsonNode.Parse("""{"conditions":[{"type":"Established","status":"True"}]}""");
        if (!dryRun)
        {
            _applied[path] = applied;
            _objects[path] = manifest;
        }
        context.Response.StatusCode = before is null ? 201 : 200;
        await context.Response.WriteAsJsonAsync(manifest);
    }

    private (string ApiVersion, string Plural, string Kind, bool Namespaced)[] ServedIn(string path) =>
        [.. Served.Where(found => path == (found.ApiVersion.Contains('/', StringComparison.Ordinal) ? $"/apis/{found.ApiVersion}" : $"/api/{found.ApiVersion}"))];

    private JsonObject List(Match collection, string? labels)
    {
        // Of all namespaces where the path names none.
        string ns = collection.Groups["ns"].Success ? Regex.Escape(collection.Groups["ns"].Value) : "(namespaces/[^/]+/)?";
        var inside = new Regex($"^{Regex.Escape(collection.Groups["root"].Value)}{ns}{Regex.Escape(collection.Groups["plural"].Value)}/[^/]+$");
        return new JsonObject
        {
            ["kind"] = collection.Groups["plural"].Value == "pods" ? "PodList" : "List",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["items"] = new JsonArray([.. _objects.Where(entry => inside.IsMatch(entry.Key) && HasLabels(entry.Value, labels))
                .OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => entry.Value.DeepClone())]),
        };
    }

    // Selectors of other forms than a=b,c=d select everything.
    private static bool HasLabels(JsonObject item, string? labels) => (labels ?? "").Split(',')
        .Select(term => term.Split('='))
        .All(term => term.Length != 2 || (string?)item["metadata"]?["labels"]?[term[0]] == term[1]);

    private static bool HasFinalizers(JsonObject item) => item["metadata"]!["finalizers"] is JsonArray { Count: > 0 };

    private async Task MergeAsync(HttpContext context, string path)
    {
        JsonObject patch = JsonNode.Parse(await new StreamReader(context.Request.Body).ReadToEndAsync())!.AsObject();
        if (Find(path) is not { } target)
        {
            await context.FailAsync(404, $"{path} not found");
            return;
        }
        Merge(target, patch);
        if (target["metadata"]?["deletionTimestamp"] is not null && !HasFinalizers(target))
            _objects.TryRemove(path, out _);
        await context.Response.WriteAsJsonAsync(target);
    }

    private static void Merge(JsonObject target, JsonObject patch)
    {
        foreach ((string name, JsonNode? value) in patch.ToArray())
        {
            if (value is null)
                target.Remove(name);
            else if (value is JsonObject inner && target[name] is JsonObject existing)
                Merge(existing, inner);
            else
                target[name] = value.DeepClone();
        }
    }

    [GeneratedRegex(@"^(?<root>/api/v1/|/apis/[^/]+/[^/]+/)(?<ns>namespaces/[^/]+/)?(?<plural>[^/]+)$")]
    private static partial Regex Collection();
}
