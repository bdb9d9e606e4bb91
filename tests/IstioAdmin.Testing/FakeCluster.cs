using System.Collections.Concurrent;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace IstioAdmin.Testing;

/// <summary>
/// A server that keeps any objects by their paths, lists them with simple selectors, merges patches, evicts pods and runs commands, as a test
/// says. For what a real server with controllers cannot be made to do, or takes a node for.
/// </summary>
public sealed class FakeCluster : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, JsonObject> _objects = new();
    private int _serial;

    /// <summary>The server.</summary>
    public FakeApiServer Server { get; private set; } = null!;

    /// <summary>Answers a request with a status and a message instead of serving it.</summary>
    public Func<HttpRequest, (int Status, string Message)?> Refuse { get; set; } = _ => null;

    /// <summary>Called with path and object after a patch: the controller.</summary>
    public Action<string, JsonObject> Patched { get; set; } = (_, _) => { };

    /// <summary>Called with path and object after a deletion: the controller.</summary>
    public Action<string, JsonObject> Deleted { get; set; } = (_, _) => { };

    /// <summary>Whether server-side apply is told from other patches, and makes objects that are not there.</summary>
    public bool Applies { get; set; }

    /// <summary>Asked before a pod is evicted; what is not null is the message of the budget that objects.</summary>
    public Func<string, string?> Budget { get; set; } = _ => null;

    /// <summary>Called with an evicted pod's name after it is gone: the controller.</summary>
    public Action<string> Evicted { get; set; } = _ => { };

    /// <summary>What webhooks make of a pod that is created in a dry run; null answers 404.</summary>
    public Func<JsonObject, JsonObject?> Admit { get; set; } = _ => null;

    /// <summary>Runs a command in a pod: its output and exit code.</summary>
    public Func<string, string[], (byte[] Output, int ExitCode)> Exec { get; set; } = (_, _) => ([], 127);

    /// <summary>Requests that changed something.</summary>
    public IEnumerable<string> Writes => Server.Requests.Where(request => !request.StartsWith("GET ", StringComparison.Ordinal) && !request.Contains("dryRun=All", StringComparison.Ordinal));

    public static async Task<FakeCluster> StartAsync()
    {
        var cluster = new FakeCluster();
        cluster.Server = await FakeApiServer.StartAsync(cluster.AnswerAsync);
        return cluster;
    }

    public JsonObject Put(string path, string json) => _objects[path] = JsonNode.Parse(json)!.AsObject();

    public JsonObject? Find(string path) => _objects.GetValueOrDefault(path);

    public void Drop(string path) => _objects.TryRemove(path, out _);

    /// <summary>A workload of the group apps with as many pods of its template as it wants.</summary>
    public JsonObject PutWorkload(string plural, string kind, string ns, string name, int replicas = 1, string more = "{}")
    {
        JsonObject spec = JsonNode.Parse(more)!.AsObject();
        spec["replicas"] = replicas;
        spec["selector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["app"] = name } };
        spec["template"] ??= new JsonObject { ["metadata"] = new JsonObject(), ["spec"] = new JsonObject { ["containers"] = new JsonArray() } };
        return _objects[$"/apis/apps/v1/namespaces/{ns}/{plural}/{name}"] = new JsonObject
        {
            ["apiVersion"] = "apps/v1",
            ["kind"] = kind,
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns, ["uid"] = $"uid-{name}", ["generation"] = 1 },
            ["spec"] = spec,
            ["status"] = RolledOut(replicas, 1),
        };
    }

    /// <summary>The status of a workload, of any kind, that is rolled out.</summary>
    public static JsonObject RolledOut(int replicas, int generation) => JsonNode.Parse(string.Create(CultureInfo.InvariantCulture, $$"""
        {"observedGeneration":{{generation}},"replicas":{{replicas}},"updatedReplicas":{{replicas}},"readyReplicas":{{replicas}},"availableReplicas":{{replicas}},
         "updateRevision":"r{{generation}}","currentRevision":"r{{generation}}",
         "desiredNumberScheduled":{{replicas}},"updatedNumberScheduled":{{replicas}},"numberReady":{{replicas}},"numberAvailable":{{replicas}},"currentNumberScheduled":{{replicas}},"numberMisscheduled":0}
        """))!.AsObject();

    /// <summary>A pod with a sidecar that the CNI plugin must redirect, ready on node-1.</summary>
    public JsonObject PutPod(string ns, string name, string? ownerKind = "ReplicaSet", string? owner = null, string node = "node-1", bool ready = true)
    {
        var metadata = new JsonObject
        {
            ["name"] = name,
            ["namespace"] = ns,
            ["uid"] = $"uid-{name}-{Interlocked.Increment(ref _serial)}",
            ["creationTimestamp"] = "2026-01-01T00:00:00Z",
            ["labels"] = new JsonObject { ["app"] = name.Split('-')[0] },
            ["annotations"] = new JsonObject { ["sidecar.istio.io/status"] = "{}" },
        };
        if (ownerKind is not null)
        {
            metadata["ownerReferences"] = new JsonArray(new JsonObject
            {
                ["apiVersion"] = "apps/v1",
                ["kind"] = ownerKind,
                ["name"] = owner ?? name[..name.LastIndexOf('-')],
                ["uid"] = "u",
                ["controller"] = true,
            });
        }
        return _objects[$"/api/v1/namespaces/{ns}/pods/{name}"] = new JsonObject
        {
            ["metadata"] = metadata,
            ["spec"] = new JsonObject
            {
                ["nodeName"] = node,
                ["containers"] = new JsonArray(
                    new JsonObject { ["name"] = "app", ["image"] = "example/app:1" },
                    new JsonObject { ["name"] = "istio-proxy", ["image"] = "docker.io/istio/proxyv2:1.24.2", ["args"] = new JsonArray("proxy", "sidecar") }),
            },
            ["status"] = new JsonObject
            {
                ["phase"] = "Running",
                ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = ready ? "True" : "False", ["lastTransitionTime"] = "2026-01-02T00:00:00Z" }),
            },
        };
    }

    /// <summary>A ReplicaSet of a deployment.</summary>
    public void PutReplicaSet(string ns, string name, string? deployment)
    {
        var metadata = new JsonObject { ["name"] = name, ["namespace"] = ns };
        if (deployment is not null)
            metadata["ownerReferences"] = new JsonArray(new JsonObject { ["kind"] = "Deployment", ["name"] = deployment, ["controller"] = true });
        _objects[$"/apis/apps/v1/namespaces/{ns}/replicasets/{name}"] = new JsonObject { ["metadata"] = metadata };
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        string path = context.Request.Path.Value!;
        if (Refuse(context.Request) is { } refusal)
        {
            await context.FailAsync(refusal.Status, refusal.Message);
            return;
        }
        if (context.WebSockets.IsWebSocketRequest)
        {
            await ExecAsync(context, path);
            return;
        }
        switch (context.Request.Method)
        {
            case "GET" when path == "/version":
                await context.Response.WriteAsJsonAsync(new { major = "1", minor = "31", gitVersion = "v1.31.0" });
                break;
            case "GET" when path == "/api/v1":
                await context.Response.WriteAsJsonAsync(JsonNode.Parse("""{"kind":"APIResourceList","groupVersion":"v1","resources":[{"name":"pods/eviction","kind":"Eviction","group":"policy","version":"v1","namespaced":true}]}"""));
                break;
            case "GET" when _objects.TryGetValue(path, out JsonObject? found):
                await context.Response.WriteAsJsonAsync(found);
                break;
            case "GET" when path.StartsWith("/api", StringComparison.Ordinal) && path.Split('/')[^1] is [.., 's']:
                await context.Response.WriteAsJsonAsync(List(path, context.Request.Query["labelSelector"], context.Request.Query["fieldSelector"]));
                break;
            case "PATCH" when context.Request.ContentType?.StartsWith("application/apply-patch", StringComparison.Ordinal) == true && Applies:
                await ApplyAsync(context, path);
                break;
            case "DELETE" when _objects.TryGetValue(path, out JsonObject? doomed):
                await DeleteAsync(context, path, doomed);
                break;
            case "PATCH" when _objects.TryGetValue(path, out JsonObject? target):
                Merge(target, JsonNode.Parse(await new StreamReader(context.Request.Body).ReadToEndAsync())!.AsObject());
                target["metadata"]!["generation"] = (int)target["metadata"]!["generation"]! + 1;
                Patched(path, target);
                await context.Response.WriteAsJsonAsync(target);
                break;
            case "POST" when path.EndsWith("/pods", StringComparison.Ordinal) && context.Request.Query["dryRun"] == "All"
                && Admit(JsonNode.Parse(await new StreamReader(context.Request.Body).ReadToEndAsync())!.AsObject()) is { } admitted:
                context.Response.StatusCode = 201;
                await context.Response.WriteAsJsonAsync(admitted);
                break;
            case "POST" when path.EndsWith("/eviction", StringComparison.Ordinal):
                await EvictAsync(context, path[..^"/eviction".Length]);
                break;
            default:
                await context.FailAsync(404, $"{path} not found");
                break;
        }
    }

    private async Task ApplyAsync(HttpContext context, string path)
    {
        JsonObject manifest = JsonNode.Parse(await new StreamReader(context.Request.Body).ReadToEndAsync())!.AsObject();
        JsonObject? live = _objects.GetValueOrDefault(path);
        string? demanded = (string?)manifest["metadata"]!["resourceVersion"];
        manifest["metadata"]!.AsObject().Remove("resourceVersion");
        if (demanded is not null && demanded != (string?)live?["metadata"]?["resourceVersion"])
        {
            await context.FailAsync(409, "the object has been modified", "Conflict");
            return;
        }
        (JsonObject? result, IReadOnlyList<(string Manager, string Field)> conflicts) = FakeApply.Apply(live, manifest, context.Request.Query["fieldManager"]!, context.Request.Query["force"] == "true");
        if (result is null)
        {
            await context.ConflictAsync(conflicts);
            return;
        }
        bool changed = !JsonNode.DeepEquals(live?["spec"], result["spec"]);
        JsonObject metadata = result["metadata"]!.AsObject();
        metadata["uid"] ??= $"uid-{Interlocked.Increment(ref _serial)}";
        metadata["generation"] = (live is null ? 0 : (int)live["metadata"]!["generation"]!) + (changed || live is null ? 1 : 0);
        if (context.Request.Query["dryRun"] != "All")
        {
            metadata["resourceVersion"] = $"{Interlocked.Increment(ref _serial)}";
            _objects[path] = result;
            Patched(path, result);
        }
        context.Response.StatusCode = live is null ? 201 : 200;
        await context.Response.WriteAsJsonAsync(result);
    }

    private async Task DeleteAsync(HttpContext context, string path, JsonObject doomed)
    {
        // As long as somebody holds it, an object is only marked.
        if (doomed["metadata"]!["finalizers"] is JsonArray { Count: > 0 })
            doomed["metadata"]!["deletionTimestamp"] ??= "2026-01-03T00:00:00Z";
        else
            _objects.TryRemove(path, out _);
        Deleted(path, doomed);
        await context.Response.WriteAsJsonAsync(doomed);
    }

    private async Task EvictAsync(HttpContext context, string path)
    {
        string name = path.Split('/')[^1];
        if (!_objects.ContainsKey(path))
        {
            await context.FailAsync(404, $"pods \"{name}\" not found");
            return;
        }
        if (Budget(name) is { } objection)
        {
            context.Response.StatusCode = 429;
            await context.Response.WriteAsJsonAsync(JsonNode.Parse($$"""
                {"kind":"Status","apiVersion":"v1","status":"Failure","message":"Cannot evict pod as it would violate the pod's disruption budget.","reason":"TooManyRequests","code":429,
                 "details":{"causes":[{"reason":"DisruptionBudget","message":"{{objection}}"}]} }
                """));
            return;
        }
        _objects.TryRemove(path, out _);
        Evicted(name);
        context.Response.StatusCode = 201;
        await context.Response.WriteAsJsonAsync(new { kind = "Status", status = "Success" });
    }

    private async Task ExecAsync(HttpContext context, string path)
    {
        string[] parts = path.Split('/');
        (byte[] output, int exitCode) = Exec(parts[^2], [.. context.Request.Query["command"].Select(argument => argument!)]);
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync("v4.channel.k8s.io");
        await SendAsync(1, output);
        string status = exitCode == 0
            ? """{"status":"Success"}"""
            : $$"""{"status":"Failure","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"{{exitCode}}"}]} }""";
        await SendAsync(3, Encoding.UTF8.GetBytes(status));
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);

        Task SendAsync(byte channel, byte[] payload) => socket.SendAsync((byte[])[channel, .. payload], WebSocketMessageType.Binary, true, CancellationToken.None);
    }

    private JsonObject List(string path, string? labels, string? fields)
    {
        int plural = path.LastIndexOf('/');
        string resource = path[(plural + 1)..];
        string inside = path + "/";
        // Of all namespaces: what lies in a namespace, with the same group and version.
        string everywhere = path[..plural] + "/namespaces/";
        var items = _objects.Where(entry =>
        {
            string rest = entry.Key.StartsWith(inside, StringComparison.Ordinal) ? entry.Key[inside.Length..]
                : entry.Key.StartsWith(everywhere, StringComparison.Ordinal) && entry.Key.Split('/') is [.., var kind, var name] && kind == resource ? name
                : "/";
            return !rest.Contains('/') && Matches(entry.Value, labels, fields);
        });
        return new JsonObject
        {
            ["kind"] = resource == "pods" ? "PodList" : "List",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject { ["resourceVersion"] = "1" },
            ["items"] = new JsonArray([.. items.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => entry.Value.DeepClone())]),
        };
    }

    private static bool Matches(JsonObject item, string? labels, string? fields)
    {
        JsonNode? has = item["metadata"]!["labels"];
        if (labels?.Split(" in ") is [var key, var values] && !values.Trim('(', ')').Split(',').Contains((string?)has?[key]))
            return false;
        if (labels is not null && !labels.Contains(" in ", StringComparison.Ordinal) && !labels.Split(',', StringSplitOptions.RemoveEmptyEntries).All(term => (string?)has?[term.Split('=')[0]] == term.Split('=')[^1]))
            return false;
        return fields?.StartsWith("metadata.name=", StringComparison.Ordinal) != true || (string?)item["metadata"]!["name"] == fields["metadata.name=".Length..];
    }

    private static void Merge(JsonObject target, JsonObject patch)
    {
        foreach ((string name, JsonNode? value) in patch.ToArray())
        {
            if (value is JsonObject inner && target[name] is JsonObject existing)
                Merge(existing, inner);
            else
                target[name] = value?.DeepClone();
        }
    }
}
