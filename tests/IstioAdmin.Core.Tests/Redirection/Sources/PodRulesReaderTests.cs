using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Sources;
using IstioAdmin.Core.Tests.Kube.World;
using Microsoft.AspNetCore.Http;

namespace IstioAdmin.Core.Tests.Redirection.Sources;

/// <summary>Reading the pods of a cluster by every way, with what a real API server cannot be made to do.</summary>
public sealed class PodRulesReaderTests
{
    private const string Log = "info\tRunning iptables restore with: iptables-restore and the following input:\n* nat\n-A OUTPUT -p tcp -j ACCEPT\nCOMMIT\n";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_a_cut_only_the_pods_not_yet_received_are_read_again()
    {
        await using var server = new RulesServer { Pods = [.. Enumerable.Range(0, 5).Select(i => RulesServer.Pod($"p{i}"))], CutAfter = (_, exec) => exec == 1 ? 2 : null };

        IReadOnlyList<PodRulesReading> readings = await ReadAsync(server, await server.StartAsync());

        Assert.Equal(["p0", "p1", "p2", "p3", "p4"], readings.Select(reading => reading.Pod.Name));
        Assert.All(readings, reading => Assert.Equal($"# {reading.Pod.Name}\n", reading.Rules!.Dumps.Single().Text));
        Assert.Equal([5, 3], server.Orders.Select(orders => orders.Count(c => c == '\n')));
    }

    [Fact]
    public async Task A_server_that_throttles_is_asked_once_more()
    {
        await using var server = new RulesServer { Pods = [RulesServer.Pod("p")], Refuse = (_, exec) => exec == 1 ? 429 : null };

        Assert.NotNull(Assert.Single(await ReadAsync(server, await server.StartAsync())).Rules);
    }

    [Fact]
    public async Task One_bad_node_loses_no_other_and_its_state_is_told()
    {
        await using var server = new RulesServer
        {
            Pods = [RulesServer.Pod("good", "n1"), RulesServer.Pod("bad", "n2"), RulesServer.Pod("good-too", "n3"), RulesServer.Pod("nowhere", null)],
            Refuse = (node, _) => node == "n2" ? 500 : null,
            Answer = Serve("/api/v1/nodes/n2", """{"kind":"Node","status":{"conditions":[{"type":"Ready","status":"Unknown","reason":"NodeStatusUnknown","message":"Kubelet stopped posting node status."}]}}"""),
        };

        Dictionary<string, PodRulesReading> readings = (await ReadAsync(server, await server.StartAsync(), new() { Source = RulesSource.Node, InspectorImage = "i" })).ToDictionary(reading => reading.Pod.Name);

        Assert.Equal(4, readings.Count);
        Assert.NotNull(readings["good"].Rules);
        Assert.NotNull(readings["good-too"].Rules);
        Assert.Contains("node n2 is not ready (NodeStatusUnknown: Kubelet stopped posting node status.)", readings["bad"].Failure!.Message, StringComparison.Ordinal);
        Assert.Contains("create pods in namespace istio-system", readings["bad"].Failure!.Message, StringComparison.Ordinal);
        Assert.Equal("PodNotScheduled", readings["nowhere"].Failure!.ErrorId);
    }

    [Fact]
    public async Task What_was_refused_for_one_node_is_not_asked_for_each_of_the_others()
    {
        await using var server = new RulesServer { Pods = [.. Enumerable.Range(0, 20).Select(i => RulesServer.Pod($"p{i}", $"n{i}"))], Refuse = (_, _) => 403 };

        IReadOnlyList<PodRulesReading> readings = await ReadAsync(server, await server.StartAsync(), new() { Source = RulesSource.Node, InspectorImage = "i", Parallelism = 1 });

        Assert.Equal(20, readings.Count(reading => reading.Failure!.Kind == FailureKind.Forbidden));
        Assert.Single(server.Requests, request => request.Contains("/exec", StringComparison.Ordinal));
        Assert.Single(server.Requests, request => request.StartsWith("POST ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_pod_that_has_gone_meanwhile_is_told_from_one_that_has_not_started_and_costs_no_inspector_pod()
    {
        MeshPod waits = RulesServer.Pod("waits");
        await using var server = new RulesServer
        {
            Pods = [RulesServer.Pod("there"), RulesServer.Pod("here"), waits, RulesServer.Pod("gone")],
            Absent = ["waits", "gone"],
            Answer = async context =>
            {
                string path = context.Request.Path.Value!;
                if (!path.StartsWith("/api/v1/namespaces/ns/pods/", StringComparison.Ordinal))
                    return false;
                if (path.EndsWith("/waits", StringComparison.Ordinal))
                {
                    await KubeWorld.Json(context, $$"""
                        {"metadata": {"name": "waits", "uid": "{{waits.Uid}}"}, "spec": {"nodeName": "n1", "containers": []},
                         "status": {"containerStatuses": [{"name": "c", "image": "nope", "imageID": "", "ready": false, "restartCount": 0, "state": {"waiting": {"reason": "ErrImagePull"} } }]} }
                        """);
                }
                else
                {
                    await KubeWorld.Status(context, 404, "NotFound", "not found");
                }
                return true;
            },
        };

        Dictionary<string, PodRulesReading> readings = (await ReadAsync(server, await server.StartAsync())).ToDictionary(reading => reading.Pod.Name);

        Assert.NotNull(readings["here"].Rules);
        Assert.Equal(("PodGone", "PodHasNoProcess"), (readings["gone"].Failure!.ErrorId, readings["waits"].Failure!.ErrorId));
        Assert.Contains("ErrImagePull (image nope)", readings["waits"].Failure!.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(server.Requests, request => request.StartsWith("POST ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_same_pod_twice_comes_out_twice()
    {
        MeshPod pod = RulesServer.Pod("p");
        await using var server = new RulesServer { Pods = [pod, pod] };

        Assert.Equal(2, (await ReadAsync(server, await server.StartAsync())).Count);
    }

    [Fact]
    public async Task Auto_falls_back_to_the_log_of_istio_init_and_says_that_it_is_one()
    {
        await using var server = new RulesServer { Pods = [RulesServer.Pod("p"), RulesServer.Pod("q") with { InitContainers = [] }], Refuse = (_, _) => 403, Answer = Serve("/api/v1/namespaces/ns/pods/p/log", Log) };

        Dictionary<string, PodRulesReading> readings = (await ReadAsync(server, await server.StartAsync(), new() { InspectorImage = "i" })).ToDictionary(reading => reading.Pod.Name);

        PodRules rules = readings["p"].Rules!;
        Assert.Equal(RulesSource.InitLog, rules.Source);
        Assert.Contains("written once, not what is there now", rules.Reader, StringComparison.Ordinal);
        Assert.Equal(["get pods/log in ns"], rules.Privileges);
        MeshException failure = readings["q"].Failure!;
        Assert.Equal((FailureKind.Forbidden, "RulesNotReadable"), (failure.Kind, failure.ErrorId));
        Assert.Contains("resources: [\"pods/exec\"], verbs: [\"create\"]", failure.Remedy, StringComparison.Ordinal);
        Assert.Contains("resources: [\"pods\"], verbs: [\"create\"]", failure.Remedy, StringComparison.Ordinal);
        Assert.Contains("no init container istio-init", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_that_may_not_be_read_names_the_verb()
    {
        await using var server = new RulesServer { Pods = [RulesServer.Pod("p")] };

        MeshException failure = Assert.Single(await ReadAsync(server, await server.StartAsync(), new() { Source = RulesSource.InitLog })).Failure!;

        Assert.Contains("resources: [\"pods/log\"], verbs: [\"get\"]", failure.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_ephemeral_container_reads_from_inside_and_its_log_tells_the_rules()
    {
        MeshPod pod = RulesServer.Pod("p");
        JsonNode? added = null;
        await using var server = new RulesServer
        {
            Pods = [pod],
            Answer = async context =>
            {
                const string Path = "/api/v1/namespaces/ns/pods/p";
                JsonNode? container = added?["spec"]!["ephemeralContainers"]![0];
                if (context.Request.Path == Path + "/ephemeralcontainers" && context.Request.Method == "PATCH")
                {
                    added = await JsonNode.ParseAsync(context.Request.Body, cancellationToken: Cancel);
                    await KubeWorld.Json(context, "{}");
                }
                else if (context.Request.Path == Path)
                {
                    string status = container is null ? "" : $$""" "ephemeralContainerStatuses": [{"name": "{{container["name"]}}", "state": {"terminated": {"exitCode": 0} } }] """;
                    await KubeWorld.Json(context, $$"""{"metadata": {"uid": "{{pod.Uid}}"}, "spec": {"containers": [{"name": "istio-proxy", "image": "proxyv2:1.24.0"}]}, "status": { {{status}} } }""");
                }
                else if (context.Request.Path == Path + "/log" && context.Request.Query["container"] == (string?)container?["name"])
                {
                    string word = (string)container!["env"]![0]!["value"]!;
                    await context.Response.WriteAsync((FakeShell.Tools + "@ begin 0\n@ net\n@ out iptables-nft-save\n# inside\n@ end 0 iptables-nft-save\n@ done 0 0 same\n@ bye\n@ end\n")
                        .Replace("@ ", $"\n{word} ", StringComparison.Ordinal), Cancel);
                }
                else
                {
                    return false;
                }
                return true;
            },
        };

        PodRules rules = Assert.Single(await ReadAsync(server, await server.StartAsync(), new() { Source = RulesSource.Ephemeral })).Rules!;

        Assert.Equal("# inside\n", rules.Dumps.Single().Text);
        Assert.Contains("stays in the pod until the pod is gone", rules.Reader, StringComparison.Ordinal);
        JsonNode wanted = added!["spec"]!["ephemeralContainers"]![0]!;
        Assert.Equal(("proxyv2:1.24.0", "istio-proxy", "NET_ADMIN"),
            ((string?)wanted["image"], (string?)wanted["targetContainerName"], (string?)wanted["securityContext"]!["capabilities"]!["add"]![0]));
    }

    [Fact]
    public async Task A_server_without_ephemeral_containers_is_told_apart_from_a_missing_permission()
    {
        await using var server = new RulesServer { Pods = [RulesServer.Pod("p")] };
        MeshCluster old = await server.StartAsync("v1.20.2");

        Assert.Equal("EphemeralContainersNotServed", (await Assert.ThrowsAsync<MeshException>(() => ReadAsync(server, old, new() { Source = RulesSource.Ephemeral }))).ErrorId);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task A_dump_is_no_source_of_a_cluster()
    {
        await using var server = new RulesServer { Pods = [RulesServer.Pod("p")] };
        MeshCluster cluster = await server.StartAsync();

        Assert.Equal("RulesSourceUnknown", (await Assert.ThrowsAsync<MeshException>(() => ReadAsync(server, cluster, new() { Source = RulesSource.Dump }))).ErrorId);
    }

    private static async Task<IReadOnlyList<PodRulesReading>> ReadAsync(RulesServer server, MeshCluster cluster, RulesReadOptions? options = null) =>
        await PodRulesReader.ReadAsync(cluster, server.Pods.ToAsyncEnumerable(), options ?? new(), server.Reporter, Cancel).ToListAsync(Cancel);

    private static Func<HttpContext, Task<bool>> Serve(string path, string body) => async context =>
    {
        if (context.Request.Path != path)
            return false;
        await KubeWorld.Json(context, body);
        return true;
    };
}
