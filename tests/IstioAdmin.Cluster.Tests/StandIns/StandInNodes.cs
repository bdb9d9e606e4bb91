using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;
using IstioAdmin.Sandbox.Nodes;
using IstioAdmin.Sandbox.Operators;
using IstioAdmin.Testing;
using Microsoft.AspNetCore.Http;

namespace IstioAdmin.Cluster.Tests.StandIns;

/// <summary>
/// Plays scheduler, kubelets and the cloud of a <see cref="ControlPlane"/> that has none: binds every pod to a node, reports it ready, ends it
/// when it is deleted, gives load balancers an address, and answers exec. A program that was registered for a pod runs in this process
/// for as long as its pod does, with the rights of the pod's service account.
/// </summary>
/// <remarks>
/// For a control plane of the caller's own: it takes every pod of the cluster. Beside a real node it takes those that the caller names; its nodes then have
/// a taint and no label of an operating system, so that neither the scheduler nor a DaemonSet puts anything else there.
/// </remarks>
internal sealed class StandInNodes : IAsyncDisposable
{
    private readonly ControlPlane _controlPlane;
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentDictionary<string, IPodProgram> _running = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _started = new(StringComparer.Ordinal);
    private readonly List<Task> _work = [];
    private readonly Func<JsonObject, bool>? _takes;
    private FakeApiServer _kubelet = null!;

    private StandInNodes(ControlPlane controlPlane, Func<JsonObject, bool>? takes) => (_controlPlane, _takes, Api) = (controlPlane, takes, ClusterApis.Admin(controlPlane));

    /// <summary>The cluster, as administrator.</summary>
    public ClusterApi Api { get; }

    /// <summary>Names of the nodes.</summary>
    public IReadOnlyList<string> Names { get; private set; } = [];

    /// <summary>Whether an image cannot be pulled; its container then waits with ImagePullBackOff.</summary>
    public Func<string, bool> Unpullable { get; set; } = _ => false;

    /// <summary>How long a pod takes from the binding until it is ready.</summary>
    public TimeSpan StartTime { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>What runs in which pods, from the moment that they are ready.</summary>
    public PodPrograms Programs { get; set; } = new();

    /// <summary>Whether there is a cloud that gives Services of type LoadBalancer an address.</summary>
    public bool LoadBalancers { get; set; } = true;

    /// <summary>What a command prints in a container of a pod, and its exit code.</summary>
    public Func<string, string[], (byte[] Output, int ExitCode)> Exec { get; set; } = (_, _) => ([], 0);

    /// <summary>Adds <paramref name="count"/> nodes and begins.</summary>
    /// <param name="controlPlane">The control plane.</param>
    /// <param name="count">How many nodes.</param>
    /// <param name="takes">Beside real nodes: which pods without a node run here; all where there are no others.</param>
    public static async Task<StandInNodes> StartAsync(ControlPlane controlPlane, int count = 2, Func<JsonObject, bool>? takes = null)
    {
        var nodes = new StandInNodes(controlPlane, takes);
        nodes._kubelet = await FakeApiServer.StartAsync(nodes.ExecAsync, TestCertificates.ForLoopback());
        nodes.Names = [.. Enumerable.Range(1, count).Select(number => $"node-{number}")];
        foreach (string name in nodes.Names)
            await nodes.AddAsync(name);
        nodes._work.Add(Task.Run(() => nodes.FollowAsync("api/v1/pods", nodes.PodAsync)));
        nodes._work.Add(Task.Run(() => nodes.FollowAsync("api/v1/services", nodes.ServiceAsync)));
        nodes._work.Add(Task.Run(nodes.HeartbeatAsync));
        return nodes;
    }

    /// <summary>The programs that run at the moment.</summary>
    public IReadOnlyList<T> Running<T>() => [.. _running.Values.OfType<T>()];

    /// <summary>Kills a program and its pod, as the loss of power would: nothing is cleaned up. Its workload makes a new pod.</summary>
    public async Task KillAsync<T>()
        where T : class, IPodProgram
    {
        foreach ((string uid, IPodProgram program) in _running.Where(entry => entry.Value is T).ToArray())
        {
            _running.TryRemove(uid, out _);
            await program.KillAsync();
            await Api.DeleteAsync($"api/v1/namespaces/{program.Context.Namespace}/pods/{program.Context.Name}", grace: 0);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        foreach (Task work in _work)
            await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (IPodProgram program in _running.Values)
            await program.DisposeAsync();
        await _kubelet.DisposeAsync();
        Api.Dispose();
        _end.Dispose();
    }

    private async Task AddAsync(string name)
    {
        JsonObject node = Json.Parse($$$"""
            {"apiVersion":"v1","kind":"Node","metadata":{"name":"{{{name}}}","labels":{"kubernetes.io/hostname":"{{{name}}}"}},"spec":{}}
            """);
        JsonNode labels = node["metadata"]!["labels"]!;
        if (_takes is null)
            (labels["kubernetes.io/os"], labels["beta.kubernetes.io/os"]) = ("linux", "linux");
        else
            node["spec"]!["taints"] = JsonNode.Parse("""[{"key":"stand-in","effect":"NoSchedule"}]""");
        await Api.PostAsync("api/v1/nodes", node);
        await ReadyAsync(name);
    }

    private Task<JsonObject> ReadyAsync(string name)
    {
        string now = Json.Now();
        return Api.PatchAsync($"api/v1/nodes/{name}/status", Json.Parse($$$"""
            {"status":{
              "addresses":[{"type":"Hostname","address":"127.0.0.1"}],
              "daemonEndpoints":{"kubeletEndpoint":{"Port":{{{_kubelet.Uri.Port}}} }},
              "capacity":{"cpu":"64","memory":"256Gi","pods":"500"},
              "allocatable":{"cpu":"64","memory":"256Gi","pods":"500"},
              "nodeInfo":{"machineID":"","systemUUID":"","bootID":"","kernelVersion":"5.10.0","osImage":"Debian","containerRuntimeVersion":"containerd://1.4.13",
                "kubeletVersion":"v1.20.2","kubeProxyVersion":"v1.20.2","operatingSystem":"linux","architecture":"amd64"},
              "conditions":[{"type":"Ready","status":"True","reason":"KubeletReady","message":"","lastHeartbeatTime":"{{{now}}}","lastTransitionTime":"{{{now}}}"}]}}
            """));
    }

    private async Task HeartbeatAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(15));
        while (await timer.WaitForNextTickAsync(_end.Token))
        {
            foreach (string name in Names)
            {
                try
                {
                    await ReadyAsync(name);
                }
                catch (Exception e) when (e is ClusterApiException or HttpRequestException)
                {
                    // The next one will do.
                }
            }
        }
    }

    private async Task FollowAsync(string path, Func<string, JsonObject, Task> handle)
    {
        await foreach ((string type, JsonObject item) in Api.WatchAsync(path, _end.Token))
        {
            // Each on its own: one pod that is slow to start must not hold up the others.
            _ = Task.Run(async () =>
            {
                try
                {
                    await handle(type, item);
                }
                catch (Exception e) when (e is ClusterApiException or HttpRequestException or OperationCanceledException or ObjectDisposedException)
                {
                    // Changed or gone meanwhile; the next event tells.
                }
            });
        }
    }

    private async Task PodAsync(string type, JsonObject pod)
    {
        string ns = Json.Text(pod, "metadata", "namespace")!, name = Json.Text(pod, "metadata", "name")!, uid = Json.Text(pod, "metadata", "uid")!;
        string path = $"api/v1/namespaces/{ns}/pods/{name}";
        if (!IsOurs(pod))
            return;
        if (type == "DELETED")
        {
            await StopAsync(uid);
        }
        else if (pod["metadata"]!["deletionTimestamp"] is not null)
        {
            await StopAsync(uid);
            await Api.DeleteAsync(path, grace: 0, _end.Token);
        }
        else if (Json.Text(pod, "spec", "nodeName") is null)
        {
            await Api.PostAsync($"{path}/binding", Json.Parse($$$"""
                {"apiVersion":"v1","kind":"Binding","metadata":{"name":"{{{name}}}"},"target":{"kind":"Node","name":"{{{NodeOf(pod)}}}"}}
                """), cancel: _end.Token);
        }
        else if (Json.Text(pod, "status", "podIP") is null)
        {
            await StartAsync(pod, path, uid);
        }
    }

    private async Task StartAsync(JsonObject pod, string path, string uid)
    {
        if (!_started.TryAdd(uid, true))
            return;
        await Task.Delay(StartTime, _end.Token);
        if (!IsPulled(pod))
        {
            await Api.PatchAsync($"{path}/status", new JsonObject { ["status"] = Waiting(pod) }, cancel: _end.Token);
            // Tried again and again, as a kubelet does.
            while (!IsPulled(pod))
                await Task.Delay(50, _end.Token);
        }
        await Api.PatchAsync($"{path}/status", new JsonObject { ["status"] = Running(pod) }, cancel: _end.Token);
        if (Programs.For(pod) is not { } make || !_running.TryAdd(uid, NoProgram.Instance))
            return;
        string account = Json.Text(pod, "spec", "serviceAccountName") ?? "default";
        ClusterApi api = await ClusterApis.AsServiceAccountAsync(_controlPlane, Api, Json.Text(pod, "metadata", "namespace")!, account);
        IPodProgram program = make(new PodContext(pod, api, Api));
        if (_running.TryUpdate(uid, program, NoProgram.Instance))
            program.Start();
    }

    private bool IsPulled(JsonObject pod) => Containers(pod).All(container => !Unpullable(Json.Text(container, "image")!));

    private async Task StopAsync(string uid)
    {
        if (_running.TryRemove(uid, out IPodProgram? program))
            await program.StopAsync();
    }

    private async Task ServiceAsync(string type, JsonObject service)
    {
        if (type != "DELETED" && Json.Text(service, "spec", "externalName") == "localhost")
            await EndpointsAsync(service);
        bool pending = type != "DELETED" && Json.Text(service, "spec", "type") == "LoadBalancer"
            && (service["status"]?["loadBalancer"]?["ingress"]?.AsArray().Count ?? 0) == 0 && service["metadata"]!["deletionTimestamp"] is null;
        if (!pending)
            return;
        while (!LoadBalancers)
            await Task.Delay(50, _end.Token);
        string path = $"api/v1/namespaces/{Json.Text(service, "metadata", "namespace")}/services/{Json.Text(service, "metadata", "name")}/status";
        await Api.PatchAsync(path, Json.Parse("""{"status":{"loadBalancer":{"ingress":[{"ip":"127.0.0.10"}]}}}"""), cancel: _end.Token);
    }

    /// <summary>A stand-in's own server, behind a Service that says where it is, is an endpoint like a pod.</summary>
    private async Task EndpointsAsync(JsonObject service)
    {
        string collection = $"api/v1/namespaces/{Json.Text(service, "metadata", "namespace")}/endpoints";
        JsonObject endpoints = MeshObjects.Named("v1", "Endpoints", Json.Text(service, "metadata", "name")!);
        endpoints["subsets"] = new JsonArray(new JsonObject
        {
            ["addresses"] = new JsonArray(new JsonObject { ["ip"] = "10.0.0.1" }),
            ["ports"] = new JsonArray(new JsonObject { ["port"] = service["spec"]!["ports"]![0]!["port"]!.DeepClone() }),
        });
        await new OwnedObjects(Api, OwnedObjects.Owner(service), "endpoint-controller", _end.Token).EnsureAsync(collection, endpoints);
    }

    private bool IsOurs(JsonObject pod) => _takes is null
        || (Json.Text(pod, "spec", "nodeName") ?? WantedNode(pod)) switch { { } node => Names.Contains(node), _ => _takes(pod) };

    /// <summary>A DaemonSet's pod says which node it is for, in its affinity.</summary>
    private static string? WantedNode(JsonObject pod)
    {
        JsonNode? terms = pod["spec"]!["affinity"]?["nodeAffinity"]?["requiredDuringSchedulingIgnoredDuringExecution"]?["nodeSelectorTerms"];
        return (string?)terms?[0]?["matchFields"]?[0]?["values"]?[0];
    }

    /// <summary>Where a pod goes: those that do not say are spread.</summary>
    private string NodeOf(JsonObject pod) =>
        WantedNode(pod) ?? Names[(int)((uint)string.GetHashCode(Json.Text(pod, "metadata", "name"), StringComparison.Ordinal) % Names.Count)];

    private static IEnumerable<JsonObject> Containers(JsonObject pod) =>
        (pod["spec"]!["initContainers"]?.AsArray() ?? []).Concat(pod["spec"]!["containers"]!.AsArray()).Select(container => container!.AsObject());

    private static JsonObject Running(JsonObject pod)
    {
        string now = Json.Now();
        JsonObject status = Base(pod, "Running", ready: true);
        status["podIP"] = "127.0.0.1";
        status["podIPs"] = new JsonArray(new JsonObject { ["ip"] = "127.0.0.1" });
        status["containerStatuses"] = new JsonArray([.. pod["spec"]!["containers"]!.AsArray().Select(container => Json.Parse($$$"""
            {"name":"{{{(string)container!["name"]!}}}","image":"{{{(string)container["image"]!}}}","imageID":"","ready":true,"started":true,"restartCount":0,
             "containerID":"containerd://{{{Guid.NewGuid():N}}}","state":{"running":{"startedAt":"{{{now}}}"}} }
            """))]);
        status["initContainerStatuses"] = new JsonArray([.. (pod["spec"]!["initContainers"]?.AsArray() ?? []).Select(container => Json.Parse($$$"""
            {"name":"{{{(string)container!["name"]!}}}","image":"{{{(string)container["image"]!}}}","imageID":"","ready":true,"restartCount":0,
             "containerID":"containerd://{{{Guid.NewGuid():N}}}","state":{"terminated":{"exitCode":0,"reason":"Completed","startedAt":"{{{now}}}","finishedAt":"{{{now}}}"}} }
            """))]);
        return status;
    }

    private static JsonObject Waiting(JsonObject pod)
    {
        JsonObject status = Base(pod, "Pending", ready: false);
        status["containerStatuses"] = new JsonArray([.. pod["spec"]!["containers"]!.AsArray().Select(container => Json.Parse($$$"""
            {"name":"{{{(string)container!["name"]!}}}","image":"{{{(string)container["image"]!}}}","imageID":"","ready":false,"started":false,"restartCount":0,
             "state":{"waiting":{"reason":"ImagePullBackOff","message":"Back-off pulling image {{{(string)container["image"]!}}}"}} }
            """))]);
        return status;
    }

    private static JsonObject Base(JsonObject pod, string phase, bool ready)
    {
        string now = Json.Now(), truth = ready ? "True" : "False";
        return Json.Parse($$$"""
            {"phase":"{{{phase}}}","hostIP":"127.0.0.1","startTime":"{{{now}}}","conditions":[
              {"type":"Initialized","status":"True","lastTransitionTime":"{{{now}}}"},
              {"type":"Ready","status":"{{{truth}}}","lastTransitionTime":"{{{now}}}"},
              {"type":"ContainersReady","status":"{{{truth}}}","lastTransitionTime":"{{{now}}}"},
              {"type":"PodScheduled","status":"True","lastTransitionTime":"{{{now}}}"}]}
            """);
    }

    /// <summary>The kubelet's end of <c>pods/exec</c>, in the protocol that the API server passes through.</summary>
    private async Task ExecAsync(HttpContext context)
    {
        string[] parts = context.Request.Path.Value!.Trim('/').Split('/');
        if (!context.WebSockets.IsWebSocketRequest || parts is not ["exec", _, var pod, _])
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        (byte[] output, int exitCode) = Exec(pod, [.. context.Request.Query["command"].Select(argument => argument!)]);
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync("v4.channel.k8s.io");
        await SendAsync(1, output);
        await SendAsync(3, Encoding.UTF8.GetBytes(exitCode == 0
            ? """{"status":"Success"}"""
            : $$$"""{"status":"Failure","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"{{{exitCode}}}"}]}}"""));
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);

        Task SendAsync(byte channel, byte[] payload) => socket.SendAsync((byte[])[channel, .. payload], WebSocketMessageType.Binary, true, CancellationToken.None);
    }

    /// <summary>Holds a pod's place while its program is being made.</summary>
    private sealed class NoProgram : IPodProgram
    {
        public static NoProgram Instance { get; } = new();

        public PodContext Context => throw new InvalidOperationException("This is a placeholder.");

        public void Start()
        {
        }

        public Task StopAsync() => Task.CompletedTask;

        public Task KillAsync() => Task.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
