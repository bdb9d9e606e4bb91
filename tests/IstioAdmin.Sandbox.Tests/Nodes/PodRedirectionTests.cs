using System.Text.Json.Nodes;
using IstioAdmin.Core.Cni;
using IstioAdmin.Core.Health;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Connections;
using IstioAdmin.Core.Redirection.Sources;
using IstioAdmin.Core.Redirection.Verdicts;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Tests.Nodes;

/// <summary>What the nodes do to pods, as the module's ordinary readers and judges see it.</summary>
public sealed class PodRedirectionTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Healthy_pods_of_every_method_are_redirected(bool old)
    {
        await using SandboxWorld world = await SandboxWorld.StartAsync();
        await AgentsAsync(world, old);
        await world.NamespaceAsync("shop");
        await world.NamespaceAsync("left");
        string version = old ? "1.1.14" : "1.24.2";
        await world.CreateAsync(
            old ? Manifests.WithOldInit("shop", "init") : Manifests.WithInit("shop", "init"),
            Manifests.WithCni("shop", "cni", version),
            Manifests.WithCni("shop", "apart", version, """,  "traffic.sidecar.istio.io/excludeInboundPorts":"9000" """),
            Manifests.Plain("shop", "plain"),
            Manifests.WithCni("left", "excluded", "1.1.14"));
        foreach (string pod in (string[])["init", "cni", "apart", "plain"])
            await world.ReadyAsync("shop", pod);
        await world.ReadyAsync("left", "excluded");

        IReadOnlyDictionary<string, PodRedirection> results = await world.TestAsync("shop");

        Assert.Equal(
            [("apart", RedirectionVerdict.Redirected), ("cni", RedirectionVerdict.Redirected), ("init", RedirectionVerdict.Redirected), ("plain", RedirectionVerdict.NotExpected)],
            results.OrderBy(result => result.Key, StringComparer.Ordinal).Select(result => (result.Key, result.Value.Verdict)));
        Assert.Equal([RedirectMethod.Cni, RedirectMethod.Cni, RedirectMethod.InitContainer, RedirectMethod.None], results.OrderBy(result => result.Key, StringComparer.Ordinal).Select(result => result.Value.Method));
        Assert.True(world.Cluster.Nodes.NetworkOf("left/excluded").IsEmpty);
    }

    [Fact]
    public async Task What_istio_init_wrote_is_in_its_log()
    {
        await using SandboxWorld world = await SandboxWorld.StartAsync();
        await world.NamespaceAsync("shop");
        await world.CreateAsync(Manifests.WithInit("shop", "init"));
        await world.ReadyAsync("shop", "init");

        PodRedirection result = (await world.TestAsync("shop", RulesSource.InitLog))["init"];

        Assert.Equal(RedirectionVerdict.Redirected, result.Verdict);
        Assert.Equal(RulesSource.InitLog, result.Rules!.Source);
    }

    [Fact]
    public async Task Flushed_and_replaced_rules_are_found()
    {
        await using SandboxWorld world = await SandboxWorld.StartAsync();
        await world.NamespaceAsync("shop");
        await world.CreateAsync(Manifests.WithInit("shop", "flushed"), Manifests.WithInit("shop", "replaced"));
        await world.ReadyAsync("shop", "flushed");
        await world.ReadyAsync("shop", "replaced");

        world.Faults.FlushRules("shop/flushed");
        world.Faults.ReplaceRules("shop/replaced", "*nat\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:ISTIO_OUT - [0:0]\n-A OUTPUT -p tcp -j ISTIO_OUT\n-A ISTIO_OUT -m owner --uid-owner 1337 -j RETURN\n-A ISTIO_OUT -d 127.0.0.1/32 -j RETURN\n-A ISTIO_OUT -p tcp -j REDIRECT --to-ports 15001\nCOMMIT\n");
        IReadOnlyDictionary<string, PodRedirection> results = await world.TestAsync("shop");

        Assert.Equal(RedirectionVerdict.NotRedirected, results["flushed"].Verdict);
        Assert.NotEqual(RedirectionVerdict.Redirected, results["replaced"].Verdict);
        Assert.NotEmpty(results["replaced"].Escapes);
    }

    [Fact]
    public async Task A_late_agent_leaves_pods_without_rules()
    {
        await using SandboxWorld world = await SandboxWorld.StartAsync();
        world.Faults.SetAgentLate("node-1", true);
        await AgentsAsync(world, old: true, ready: 2);
        await world.NamespaceAsync("shop");
        await world.CreateAsync(Manifests.WithCni("shop", "early", "1.1.14").Replace("\"initContainers\"", "\"nodeName\":\"node-1\",\"initContainers\"", StringComparison.Ordinal));
        await world.ReadyAsync("shop", "early");

        world.Faults.SetAgentLate("node-1", false);
        await world.UntilAsync("apis/apps/v1/namespaces/istio-system/daemonsets/istio-cni-node", set => Meta.Int(set, "status", "numberReady") == 3, "all agents are ready");

        Assert.Equal(RedirectionVerdict.NotRedirected, (await world.TestAsync("shop"))["early"].Verdict);
    }

    [Fact]
    public async Task Without_rules_istio_validation_fails_until_the_agent_repairs()
    {
        await using SandboxWorld world = await SandboxWorld.StartAsync();
        await world.NamespaceAsync("shop");
        await world.CreateAsync(Manifests.WithCni("shop", "early"));
        JsonObject pod = await world.UntilAsync("api/v1/namespaces/shop/pods/early",
            pod => Json.Text(Meta.Items(pod, "status", "initContainerStatuses").FirstOrDefault(), "state", "waiting", "reason") == "CrashLoopBackOff", "istio-validation fails");
        Assert.Equal(126, Meta.Int(Meta.Items(pod, "status", "initContainerStatuses").First(), "lastState", "terminated", "exitCode"));

        string[] agents = Manifests.Agents(old: false);
        await world.NamespaceAsync("istio-system");
        await world.CreateAsync(agents[0], agents[1].Replace("\"CHAINED_CNI_PLUGIN\"", "\"REPAIR_ENABLED\":\"true\",\"REPAIR_REPAIR_PODS\":\"true\",\"CHAINED_CNI_PLUGIN\"", StringComparison.Ordinal), agents[2]);
        await world.ReadyAsync("shop", "early");

        Assert.Equal(RedirectionVerdict.Redirected, (await world.TestAsync("shop"))["early"].Verdict);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_chain_of_every_node_is_as_it_should_be_and_what_overwrites_it_is_found(bool old)
    {
        await using SandboxWorld world = await SandboxWorld.StartAsync();
        await AgentsAsync(world, old);
        MeshCluster mesh = await world.ConnectAsync();

        List<MeshCheck> well = await new IstioCniTest(mesh, SandboxWorld.Silent.Instance).RunAsync(null, Cancel).ToListAsync(Cancel);
        world.Faults.SetConfigOverwritten("node-2", true);
        List<MeshCheck> overwritten = await new IstioCniTest(mesh, SandboxWorld.Silent.Instance).RunAsync(null, Cancel).ToListAsync(Cancel);
        world.Faults.SetConfigOverwritten("node-2", false);
        List<MeshCheck> again = await new IstioCniTest(mesh, SandboxWorld.Silent.Instance).RunAsync(null, Cancel).ToListAsync(Cancel);

        Assert.Empty(Bad(well));
        Assert.Equal(["node-2 Fail"], Bad(overwritten).Select(check => $"{check.Target} {check.Status}").Distinct());
        Assert.Empty(Bad(again));

        static IEnumerable<MeshCheck> Bad(IEnumerable<MeshCheck> checks) => checks.Where(check => check.Status is CheckStatus.Fail or CheckStatus.Warn);
    }

    [Fact]
    public async Task An_agent_that_goes_away_takes_its_files_along_unless_it_is_killed()
    {
        await using SandboxWorld world = await SandboxWorld.StartAsync();
        await AgentsAsync(world, old: false);
        Assert.All(world.Cluster.Nodes.All, node => Assert.NotNull(node.Files.Find("/opt/cni/bin", "istio-cni")));

        await world.Api.DeleteAsync("apis/apps/v1/namespaces/istio-system/daemonsets/istio-cni-node", cancel: Cancel);

        await SandboxWorld.UntilAsync(() => Task.FromResult(world.Cluster.Nodes.All.All(node => node.Files.Find("/opt/cni/bin", "istio-cni") is null)), "the programs are gone");
        Assert.All(world.Cluster.Nodes.All, node => Assert.DoesNotContain("istio-cni", node.Files.Find("/etc/cni/net.d", "10-calico.conflist")!.Content, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_connection_goes_where_the_rules_lead_it()
    {
        await using SandboxWorld world = await SandboxWorld.StartAsync();
        await world.NamespaceAsync("shop");
        await world.CreateAsync(Manifests.WithInit("shop", "from"), Manifests.WithInit("shop", "to"), Manifests.Plain("shop", "bare"));
        foreach (string name in (string[])["from", "to", "bare"])
            await world.ReadyAsync("shop", name);

        PodConnection redirected = await ConnectAsync(world, "from", "pod/shop/to:8080");
        PodConnection direct = await ConnectAsync(world, "bare", "pod/shop/to:8080");
        PodConnection refused = await ConnectAsync(world, "bare", "pod/shop/bare:8081");

        Assert.Equal((ConnectionOutcome.Connected, "127.0.0.1:15001"), (redirected.Outcome, redirected.TakenBy));
        Assert.True(redirected.Agrees, string.Join('\n', redirected.Text));
        Assert.Equal((ConnectionOutcome.Connected, null), (direct.Outcome, direct.TakenBy));
        Assert.Equal(ConnectionOutcome.Refused, refused.Outcome);
    }

    private static async Task<PodConnection> ConnectAsync(SandboxWorld world, string from, string to)
    {
        MeshCluster mesh = await world.ConnectAsync();
        MeshPod pod = await MeshPods.ListAsync(mesh, new PodSelection { Namespace = "shop", Name = from }, SandboxWorld.Silent.Instance, Cancel).SingleAsync(Cancel);
        return await PodConnections.TestAsync(mesh, pod, to, new PodConnectionOptions { UserId = 0, GroupId = 0 }, new RulesReadOptions { InspectorImage = "registry.local/nettools:1" }, SandboxWorld.Silent.Instance, Cancel);
    }

    private static async Task AgentsAsync(SandboxWorld world, bool old, int ready = 3)
    {
        await world.NamespaceAsync("istio-system");
        await world.CreateAsync(Manifests.Agents(old));
        await world.UntilAsync("apis/apps/v1/namespaces/istio-system/daemonsets/istio-cni-node", set => Meta.Int(set, "status", "numberReady") == ready, $"{ready} agents are ready");
    }
}
