using System.Collections.Concurrent;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Tests.Kube;
using IstioAdmin.Core.Tests.Kube.Exec;
using IstioAdmin.Core.Tests.Kube.World;
using IstioAdmin.Testing;
using Microsoft.AspNetCore.Http;

namespace IstioAdmin.Core.Tests.Redirection.Sources;

/// <summary>An API server with nodes whose CNI agents read rules, and that fails as a test says.</summary>
internal sealed partial class RulesServer : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, int> _execs = [];
    private FakeApiServer _server = null!;

    /// <summary>The pods, by node.</summary>
    public required MeshPod[] Pods { get; init; }

    /// <summary>Answers other requests; false for those that are not its business.</summary>
    public Func<HttpContext, Task<bool>> Answer { get; init; } = _ => Task.FromResult(false);

    /// <summary>By node and the number of the exec, from 1: how many pods it prints before it hangs up; null for all.</summary>
    public Func<string, int, int?> CutAfter { get; init; } = (_, _) => null;

    /// <summary>By node and the number of the exec: a status to refuse it with.</summary>
    public Func<string, int, int?> Refuse { get; init; } = (_, _) => null;

    /// <summary>Pods that have no process.</summary>
    public string[] Absent { get; init; } = [];

    /// <summary>The orders of all execs.</summary>
    public ConcurrentQueue<string> Orders { get; } = [];

    public IReadOnlyCollection<string> Requests => _server.Requests;

    public RecordingReporter Reporter { get; } = new();

    public static MeshPod Pod(string name, string? node = "n1") => new()
    {
        Cluster = "c",
        Namespace = "ns",
        Name = name,
        Node = node,
        Phase = "Running",
        Uid = Guid.NewGuid().ToString(),
        InitContainers = ["istio-init"],
    };

    public async Task<MeshCluster> StartAsync(string version = "v1.31.2")
    {
        _server = await FakeApiServer.StartAsync(AnswerAsync);
        return new MeshCluster(await FakeClient.OpenAsync(_server)) { Name = "test", Version = version, Provider = ClusterProvider.Unknown, Istio = [] };
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        string path = context.Request.Path.Value!;
        if (context.WebSockets.IsWebSocketRequest)
            await ExecAsync(context, path.Split('/')[^2]["agent-".Length..]);
        else if (await Answer(context))
            return;
        else if (path == "/api/v1/pods" && context.Request.Query.ContainsKey("labelSelector"))
            await KubeWorld.Json(context, new JsonObject { ["kind"] = "PodList", ["apiVersion"] = "v1", ["metadata"] = new JsonObject(), ["items"] = new JsonArray([.. Pods.Select(pod => pod.Node).Distinct().Select(Agent)]) }.ToJsonString());
        else
            await KubeWorld.Status(context, 403, "Forbidden", $"cannot do that: {context.Request.Method} {path}");
    }

    private static JsonNode Agent(string? node) => JsonNode.Parse($$"""
        {"metadata": {"name": "agent-{{node}}", "namespace": "istio-system"}, "spec": {"nodeName": "{{node}}", "containers": [{"name": "install-cni"}]},
         "status": {"conditions": [{"type": "Ready", "status": "True"}]} }
        """)!;

    private async Task ExecAsync(HttpContext context, string node)
    {
        int number = _execs.AddOrUpdate(node, 1, (_, before) => before + 1);
        if (Refuse(node, number) is { } status)
        {
            await KubeWorld.Status(context, status, "Any", "cannot do that, says the test");
            return;
        }
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync("v4.channel.k8s.io");
        string word = (await InputAsync(socket))!.Trim();
        await SayAsync(FakeShell.Tools + "@ processes\n" + string.Concat(Pods.Select((pod, i) =>
            $"/proc/{100 + i}/cgroup:0::/kubepods/pod{pod.Uid}/x\n{9000 + i} /proc/{100 + i}/ns/net\n").Where((_, i) => Pods[i].Node == node && !Absent.Contains(Pods[i].Name))) + "@ ready\n@ wait\n");
        int printed = 0;
        while (await InputAsync(socket) is { } orders && orders != "end\n")
        {
            Orders.Enqueue(orders);
            foreach (System.Text.RegularExpressions.Match order in Order().Matches(orders))
            {
                if (CutAfter(node, number) == printed++)
                {
                    await SayAsync("@ next\n");
                    await socket.CloseAsync();
                    return;
                }
                int pod = int.Parse(order.Groups[2].Value, CultureInfo.InvariantCulture) - 100;
                await SayAsync($"@ begin {order.Groups[1].Value}\n@ net\n@ out iptables-nft-save\n# {Pods[pod].Name}\n@ end 0 iptables-nft-save\n@ done {order.Groups[1].Value} 0 same\n@ next\n");
            }
        }
        await SayAsync("@ bye\n@ end\n");
        await socket.SendAsync(3, """{"status":"Success"}""");
        await socket.CloseAsync();

        Task SayAsync(string text) => socket.SendAsync(1, "\n" + text.Replace("@ ", $"\n{word} ", StringComparison.Ordinal));
    }

    private static async Task<string?> InputAsync(WebSocket socket) => await socket.ReceiveAsync() is { } message ? Encoding.UTF8.GetString(message.AsSpan(1)) : null;

    [GeneratedRegex(@"^rules (\d+) (\d+) ", RegexOptions.Multiline)]
    private static partial Regex Order();
}
