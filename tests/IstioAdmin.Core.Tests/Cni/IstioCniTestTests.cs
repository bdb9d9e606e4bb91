using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Cni;
using IstioAdmin.Core.Health;
using IstioAdmin.Core.Tests.Workloads;
using IstioAdmin.Testing;

namespace IstioAdmin.Core.Tests.Cni;

public sealed class IstioCniTestTests
{
    [Fact]
    public async Task A_node_where_all_is_well_passes_every_check()
    {
        await using ClusterWorld world = await MeshAsync();
        List<string> commands = [];
        world.Objects.Exec = (pod, command) =>
        {
            commands.Add($"{pod}: {string.Join(' ', command.Skip(4))}");
            return (FakeMesh.Listing(("10-net.conflist", FakeMesh.Chained)), 0);
        };

        IReadOnlyList<MeshCheck> checks = await RunAsync(world);

        Assert.All(checks, check => Assert.True(check.Status == CheckStatus.Pass, $"{check}: {check.Message}"));
        Assert.Equal(9, checks.Count);
        Assert.All(checks, check => Assert.Equal(("node-1", "CniChain", "fake"), (check.Target, check.Category, check.Cluster)));
        Assert.Equal(["istio-cni-node-a: /host/etc/cni/net.d /host/opt/cni/bin /var/run/istio-cni"], commands);
        Assert.Empty(world.Objects.Writes);
    }

    [Theory]
    [InlineData("2025-12-31T00:00:00Z", CheckStatus.Warn, "before the plugin's DaemonSet was made")]
    [InlineData("2026-01-01T23:59:30Z", CheckStatus.Warn, "while the agent was not ready")]
    [InlineData("2026-01-01T12:00:00Z", CheckStatus.Pass, "1 before this agent was started")]
    [InlineData("2026-01-02T01:00:00Z", CheckStatus.Pass, "after the agent was ready")]
    public async Task Pods_that_got_their_network_before_the_agent_was_ready_are_named(string since, CheckStatus status, string told)
    {
        await using ClusterWorld world = await MeshAsync();
        world.Objects.Find("/api/v1/namespaces/shop/pods/cart-5d4f-x")!["status"]!["conditions"]![1]!["lastTransitionTime"] = since;

        MeshCheck check = Find(await RunAsync(world), "PodsAfterAgent");

        Assert.Equal(status, check.Status);
        Assert.Contains(told, check.Message, StringComparison.Ordinal);
        if (status != CheckStatus.Pass)
            Assert.Contains("shop/cart-5d4f-x", check.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_sandboxs_condition_the_first_container_tells_the_time()
    {
        await using ClusterWorld world = await MeshAsync();
        JsonNode status = world.Objects.Find("/api/v1/namespaces/shop/pods/cart-5d4f-x")!["status"]!;
        status["conditions"]!.AsArray().RemoveAt(1);
        status["containerStatuses"] = JsonNode.Parse("""
            [{"name":"app","image":"i","imageID":"","ready":true,"restartCount":1,"state":{"running":{"startedAt":"2026-03-01T00:00:00Z"}},"lastState":{"terminated":{"exitCode":1,"startedAt":"2025-06-01T00:00:00Z"}}}]
            """);

        Assert.Contains("before the plugin's DaemonSet was made", Find(await RunAsync(world), "PodsAfterAgent").Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"taints":[{"key":"gpu","value":"a","effect":"NoSchedule"}]}""", """{"kubernetes.io/os":"linux"}""", "does not tolerate the node's taint gpu=a:NoSchedule")]
    [InlineData("{}", "{}", "asks for the label kubernetes.io/os=linux")]
    [InlineData("""{"taints":[{"key":"node.kubernetes.io/not-ready","effect":"NoExecute"}]}""", """{"kubernetes.io/os":"linux"}""", "nothing in its node selector and tolerations")]
    public async Task A_node_without_agent_is_told_with_the_reason(string spec, string labels, string told)
    {
        await using ClusterWorld world = await MeshAsync();
        world.Objects.Drop("/api/v1/namespaces/istio-system/pods/istio-cni-node-a");
        JsonObject node = world.Objects.Find("/api/v1/nodes/node-1")!;
        node["spec"] = JsonNode.Parse(spec);
        node["metadata"]!["labels"] = JsonNode.Parse(labels);

        IReadOnlyList<MeshCheck> checks = await RunAsync(world);

        Assert.Equal(CheckStatus.Fail, Find(checks, "AgentOnNode").Status);
        Assert.Contains(told, Find(checks, "AgentOnNode").Message, StringComparison.Ordinal);
        Assert.Contains("shop/cart-5d4f-x", Find(checks, "AgentOnNode").Message, StringComparison.Ordinal);
        Assert.Equal(["AgentOnNode", "AgentReady", "PodsAfterAgent"], checks.Select(check => check.Name));
    }

    [Fact]
    public async Task An_agent_that_is_not_ready_says_why()
    {
        await using ClusterWorld world = await MeshAsync();
        JsonNode status = world.Objects.Find("/api/v1/namespaces/istio-system/pods/istio-cni-node-a")!["status"]!;
        status["conditions"]![0]!["status"] = "False";
        status["containerStatuses"] = JsonNode.Parse("""[{"name":"install-cni","image":"i","imageID":"","ready":false,"restartCount":9,"state":{"waiting":{"reason":"CrashLoopBackOff"}}}]""");

        IReadOnlyList<MeshCheck> checks = await RunAsync(world);

        Assert.Equal(CheckStatus.Fail, Find(checks, "AgentReady").Status);
        Assert.Contains("CrashLoopBackOff", Find(checks, "AgentReady").Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_permission_to_exec_the_files_are_skipped_and_the_rest_is_checked()
    {
        await using ClusterWorld world = await MeshAsync();
        world.Objects.Refuse = request => request.Path.Value!.EndsWith("/exec", StringComparison.Ordinal) ? (403, "pods \"x\" is forbidden: User \"u\" cannot create resource \"pods/exec\"") : null;

        IReadOnlyList<MeshCheck> checks = await RunAsync(world);

        MeshCheck skipped = Find(checks, "IstioCniChained");
        Assert.Equal(CheckStatus.Skip, skipped.Status);
        Assert.Contains("""resources: ["pods/exec"], verbs: ["create"]""", skipped.Hint, StringComparison.Ordinal);
        Assert.Equal(CheckStatus.Pass, Find(checks, "AgentReady").Status);
        Assert.Equal(9, checks.Count);
    }

    [Fact]
    public async Task An_agent_that_prints_garbage_is_skipped_with_what_came()
    {
        await using ClusterWorld world = await MeshAsync();
        world.Objects.Exec = (_, _) => (Encoding.UTF8.GetBytes("sh: applet not found\n"), 127);

        MeshCheck check = Find(await RunAsync(world), "ConfigValid");

        Assert.Equal(CheckStatus.Skip, check.Status);
        Assert.Contains("applet not found", check.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_readers_of_nodes_can_take_the_agents_place()
    {
        await using ClusterWorld world = await MeshAsync();
        var reader = new Reader();

        List<MeshCheck> checks = [];
        await foreach (MeshCheck check in new IstioCniTest(world.Cluster, world.Reporter, _ => reader).RunAsync(null, TestContext.Current.CancellationToken))
            checks.Add(check);

        Assert.Equal(["node-1: /etc/cni/net.d /opt/cni/bin /var/run/istio-cni"], reader.Asked);
        Assert.Equal(CheckStatus.Fail, Find(checks, "IstioCniChained").Status);
    }

    [Fact]
    public async Task A_cluster_without_the_plugin_has_nothing_to_check()
    {
        await using ClusterWorld world = await ClusterWorld.StartAsync();

        Assert.Equal(CheckStatus.Skip, Assert.Single(await RunAsync(world)).Status);
    }

    private static async Task<ClusterWorld> MeshAsync()
    {
        ClusterWorld world = await ClusterWorld.StartAsync();
        world.Objects.PutMesh();
        return world;
    }

    private static MeshCheck Find(IEnumerable<MeshCheck> checks, string name) => Assert.Single(checks, check => check.Name == name);

    private static async Task<IReadOnlyList<MeshCheck>> RunAsync(ClusterWorld world)
    {
        List<MeshCheck> checks = [];
        await foreach (MeshCheck check in new IstioCniTest(world.Cluster, world.Reporter).RunAsync(null, TestContext.Current.CancellationToken))
            checks.Add(check);
        return checks;
    }

    private sealed class Reader : INodeFiles
    {
        public List<string> Asked { get; } = [];

        public Task<IReadOnlyList<NodeDirectory>> ReadAsync(string node, IReadOnlyList<string> directories, CancellationToken cancel)
        {
            Asked.Add($"{node}: {string.Join(' ', directories)}");
            var main = new NodeFile("10-net.conflist", NodeFileType.File) { Content = """{"name":"n","plugins":[{"type":"bridge"}]}""" };
            return Task.FromResult<IReadOnlyList<NodeDirectory>>([.. directories.Select((path, place) => new NodeDirectory(path, place == 0 ? [main] : []))]);
        }
    }
}
