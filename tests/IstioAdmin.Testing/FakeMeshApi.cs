using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace IstioAdmin.Testing;

/// <summary>
/// A server that keeps objects, applies manifests with owners of fields, holds what has finalizers, and serves the APIs that a test names.
/// A test plays the operator.
/// </summary>
public sealed class FakeMeshApi : IAsyncDisposable
{
    /// <summary>The APIs of the three operators.</summary>
    public const string Banzai = "istio.banzaicloud.io/v1beta1", Cisco = "servicemesh.cisco.com/v1alpha1", Sail = "sailoperator.io/v1";

    private readonly ConcurrentDictionary<string, JsonObject> _objects = new();
    private int _serial;

    /// <summary>The server.</summary>
    public FakeApiServer Server { get; private set; } = null!;

    /// <summary>Kinds served, by API version: plural and kind.</summary>
    public ConcurrentDictionary<string, (string Plural, string Kind)[]> Served { get; } = new();

    /// <summary>Answers a request with a status and a message instead of serving it.</summary>
    public Func<HttpRequest, (int Status, string Message)?> Refuse { get; set; } = _ => null;

    /// <summary>Called with path and object after each write that is no dry run: the operator.</summary>
    public Action<string, JsonObject> Written { get; set; } = (_, _) => { };

    /// <summary>Requests that changed something.</summary>
    public IReadOnlyList<string> Writes =>
        [.. Server.Requests.Where(request => !request.StartsWith("GET ", StringComparison.Ordinal) && !request.Contains("dryRun=All", StringComparison.Ordinal))];

    public static async Task<FakeMeshApi> StartAsync(params string[] apis)
    {
        var api = new FakeMeshApi();
        foreach (string version in apis)
        {
            api.Served[version] = version switch
            {
                Cisco => [("istiocontrolplanes", "IstioControlPlane"), ("istiomeshgateways", "IstioMeshGateway")],
                Banzai => [("istios", "Istio"), ("remoteistios", "RemoteIstio")],
                Sail => [("istios", "Istio"), ("istiocnis", "IstioCNI"), ("istiorevisions", "IstioRevision")],
                _ => [],
            };
        }
        api.Put("/api/v1/namespaces/istio-system", """{"metadata":{"name":"istio-system"},"status":{"phase":"Active"}}""");
        api.Server = await FakeApiServer.StartAsync(api.AnswerAsync);
        return api;
    }

    public JsonObject Put(string path, string json)
    {
        JsonObject item = JsonNode.Parse(json)!.AsObject();
        Stamp(item);
        return _objects[path] = item;
    }

    public JsonObject? Find(string path) => _objects.GetValueOrDefault(path);

    /// <summary>Where there is an object.</summary>
    public IReadOnlyList<string> Paths => [.. _objects.Keys.Order(StringComparer.Ordinal)];

    public void Drop(string path) => _objects.TryRemove(path, out _);

    /// <summary>Writes as a controller does.</summary>
    public void Update(string path, string manager, string json)
    {
        JsonObject item = (JsonObject)_objects[path].DeepClone();
        FakeApply.Update(item, JsonNode.Parse(json)!.AsObject(), manager);
        Stamp(item);
        _objects[path] = item;
    }

    /// <summary>A Deployment that is rolled out.</summary>
    public void PutDeployment(string ns, string name, string image) => Put($"/apis/apps/v1/namespaces/{ns}/deployments/{name}", $$"""
        {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"{{name}}","namespace":"{{ns}}","generation":1},
         "spec":{"replicas":1,"selector":{},"template":{"spec":{"containers":[{"name":"c","image":"{{image}}"}]} } },
         "status":{"observedGeneration":1,"replicas":1,"updatedReplicas":1,"availableReplicas":1} }
        """);

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        string path = context.Request.Path.Value!;
        string method = context.Request.Method;
        if (Refuse(context.Request) is { } refusal)
        {
            await context.FailAsync(refusal.Status, refusal.Message);
            return;
        }
        string version = path.StartsWith("/apis/", StringComparison.Ordinal) ? path["/apis/".Length..] : "";
        switch (method)
        {
            case "GET" when path == "/version":
                await context.Response.WriteAsJsonAsync(new { major = "1", minor = "31", gitVersion = "v1.31.0" });
                break;
            case "GET" when path == "/apis":
                await context.Response.WriteAsJsonAsync(new { groups = Served.Keys.Select(served => new { name = served.Split('/')[0], versions = new[] { new { groupVersion = served } } }) });
                break;
            case "GET" when Served.TryGetValue(version, out (string Plural, string Kind)[]? kinds):
                await context.Response.WriteAsJsonAsync(new { resources = kinds.Select(kind => new { name = kind.Plural, kind = kind.Kind, namespaced = true }) });
                break;
            case "GET" when _objects.TryGetValue(path, out JsonObject? found):
                await context.Response.WriteAsJsonAsync(found);
                break;
            case "GET" when path.Split('/')[^1] is [.., 's'] && path.Count(c => c == '/') is 3 or 4 or 5 or 6:
                await context.Response.WriteAsJsonAsync(List(path, context.Request.Query["labelSelector"]));
                break;
            case "PATCH" when context.Request.ContentType!.StartsWith("application/apply-patch", StringComparison.Ordinal):
                await ApplyAsync(context, path);
                break;
            case "PATCH" when _objects.TryGetValue(path, out JsonObject? target):
                FakeApply.Update(target, JsonNode.Parse(await new StreamReader(context.Request.Body).ReadToEndAsync())!.AsObject(), context.Request.Query["fieldManager"].ToString());
                Stamp(target);
                Written(path, target);
                await context.Response.WriteAsJsonAsync(target);
                break;
            case "DELETE" when _objects.TryGetValue(path, out JsonObject? doomed):
                // As long as somebody holds it, an object is only marked.
                if (doomed["metadata"]!["finalizers"] is JsonArray { Count: > 0 })
                    doomed["metadata"]!["deletionTimestamp"] ??= "2026-01-03T00:00:00Z";
                else
                    Drop(path);
                Written(path, doomed);
                await context.Response.WriteAsJsonAsync(doomed);
                break;
            case "POST" when path.EndsWith("/token", StringComparison.Ordinal):
                context.Response.StatusCode = 201;
                await context.Response.WriteAsJsonAsync(new { status = new { token = "issued-token" } });
                break;
            default:
                await context.FailAsync(404, $"{path} not found");
                break;
        }
    }

    private async Task ApplyAsync(HttpContext context, string path)
    {
        JsonObject manifest = JsonNode.Parse(await new StreamReader(context.Request.Body).ReadToEndAsync())!.AsObject();
        JsonObject? live = Find(path);
        string? demanded = (string?)manifest["metadata"]!["resourceVersion"];
        manifest["metadata"]!.AsObject().Remove("resourceVersion");
        if (demanded is not null && demanded != (string?)live?["metadata"]?["resourceVersion"])
        {
            await context.FailAsync(409, "the object has been modified", "Conflict");
            return;
        }
        (JsonObject? result, IReadOnlyList<(string Manager, string Field)> conflicts) =
            FakeApply.Apply(live, manifest, context.Request.Query["fieldManager"].ToString(), context.Request.Query["force"] == "true");
        if (result is null)
        {
            await context.ConflictAsync(conflicts);
            return;
        }
        if (live is null || !JsonNode.DeepEquals(live["spec"], result["spec"]))
            result["metadata"]!["generation"] = ((int?)live?["metadata"]!["generation"] ?? 0) + 1;
        if (context.Request.Query["dryRun"] != "All")
        {
            Stamp(result);
            _objects[path] = result;
            Written(path, result);
        }
        context.Response.StatusCode = live is null ? 201 : 200;
        await context.Response.WriteAsJsonAsync(result);
    }

    private void Stamp(JsonObject item)
    {
        JsonObject metadata = item["metadata"]!.AsObject();
        metadata["uid"] ??= $"uid-{Interlocked.Increment(ref _serial)}";
        metadata["resourceVersion"] = $"{Interlocked.Increment(ref _serial)}";
    }

    private JsonObject List(string path, string? labels)
    {
        int plural = path.LastIndexOf('/');
        string resource = path[(plural + 1)..];
        string everywhere = path[..plural] + "/namespaces/";
        var items = _objects.Where(entry =>
        {
            bool inside = entry.Key.StartsWith(path + "/", StringComparison.Ordinal) && !entry.Key[(path.Length + 1)..].Contains('/');
            bool below = entry.Key.StartsWith(everywhere, StringComparison.Ordinal) && entry.Key.Split('/') is [.., var kind, _] && kind == resource && resource != "namespaces";
            return (inside || below) && (string.IsNullOrEmpty(labels) || labels.Split(',').All(term =>
                term.Split('=') is [var key, var value] ? (string?)entry.Value["metadata"]!["labels"]?[key] == value : entry.Value["metadata"]!["labels"]?[term] is not null));
        });
        return new JsonObject
        {
            ["kind"] = resource == "pods" ? "PodList" : "List",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject { ["resourceVersion"] = "1" },
            ["items"] = new JsonArray([.. items.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => entry.Value.DeepClone())]),
        };
    }
}
