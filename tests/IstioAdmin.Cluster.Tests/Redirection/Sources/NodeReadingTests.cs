using System.Diagnostics;
using System.Globalization;
using System.Net;
using IstioAdmin.Core;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Sources;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Testing;

namespace IstioAdmin.Cluster.Tests.Redirection.Sources;

/// <summary>Rules read on a real node.</summary>
[Collection(MeshNode.Collection)]
public sealed class NodeReadingTests(Testbed testbed, ITestOutputHelper output)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Reads_what_stands_in_each_pod_through_a_pod_of_its_own_and_removes_it()
    {
        await using NodeWorld world = await NodeWorld.CreateAsync(testbed);
        await world.RunAsync(
            ("nft", "iptables-nft -t nat -A OUTPUT -p tcp -m comment --comment of-nft -j REDIRECT --to-ports 15001; ip6tables-nft -A INPUT -j ACCEPT"),
            ("legacy", "iptables-legacy -t nat -A OUTPUT -p tcp -m comment --comment of-legacy -j REDIRECT --to-ports 15001"),
            ("native", "nft add table inet mine; nft add chain inet mine out '{ type filter hook output priority 0; }'; nft add rule inet mine out tcp dport 81 drop"),
            ("empty", "true"));
        string[] before = await world.OtherPodsAsync();

        Dictionary<string, PodRulesReading> readings = await world.ReadAsync();

        Assert.Equal(["empty", "legacy", "native", "nft"], readings.Keys.Order());
        Assert.All(readings.Values, reading => Assert.True(reading.Failure is null, reading.Failure?.ToString()));
        Assert.Contains("-m comment --comment of-nft", Text(readings["nft"], RuleDumpFormat.IptablesNft, IpFamily.IPv4), StringComparison.Ordinal);
        Assert.Contains("-A INPUT -j ACCEPT", Text(readings["nft"], RuleDumpFormat.IptablesNft, IpFamily.IPv6), StringComparison.Ordinal);
        Assert.Contains("of-legacy", Text(readings["legacy"], RuleDumpFormat.IptablesLegacy, IpFamily.IPv4), StringComparison.Ordinal);
        Assert.Contains("\"mine\"", Text(readings["native"], RuleDumpFormat.NftJson, null), StringComparison.Ordinal);
        Assert.DoesNotContain("-A", Text(readings["empty"], RuleDumpFormat.IptablesNft, IpFamily.IPv4), StringComparison.Ordinal);
        // To ask the legacy tables would make some.
        Assert.All(readings, reading => Assert.Equal(reading.Key == "legacy", reading.Value.Rules!.Dumps.Any(dump => dump.Format == RuleDumpFormat.IptablesLegacy)));
        Assert.Equal("", await world.ShellAsync("empty", "cat /proc/net/ip_tables_names /proc/net/ip6_tables_names 2>/dev/null; nft list ruleset"));
        foreach (PodRulesReading reading in readings.Values)
        {
            PodRules rules = reading.Rules!;
            Assert.Empty(rules.Gaps);
            Assert.StartsWith("inspector pod kube-system/istioadmin-inspector-", rules.Reader, StringComparison.Ordinal);
            Assert.Equal("eth0", rules.Host!.DefaultInterface);
            uint address = (uint)rules.Host.AddressesFromOutside(IpFamily.IPv4).Single();
            Assert.Equal(reading.Pod.PodIPs[0], new IPAddress(BitConverter.GetBytes(IPAddress.HostToNetworkOrder((int)address))).ToString());
            Assert.Contains(new PodProcess("istio-proxy", 1337, 1337), rules.Processes);
            Assert.Contains(new PodProcess("writer", 0, 0), rules.Processes);
        }
        Assert.Equal(before, await world.OtherPodsAsync());
        Assert.Empty(world.Warnings);
    }

    [Fact]
    public async Task Reads_through_the_agent_of_the_node_when_it_can_and_makes_no_pod()
    {
        await using NodeWorld world = await NodeWorld.CreateAsync(testbed);
        await world.RunAsync(("one", "iptables-nft -A INPUT -j ACCEPT"));
        await world.RunAgentAsync("{hostPID: true", "{privileged: true}");

        Dictionary<string, PodRulesReading> readings = await world.ReadAsync(pods: (await world.PodsAsync()).Where(pod => pod.Name == "one"));

        Assert.Equal($"agent {world.Namespace}/agent on node {readings["one"].Pod.Node}", readings["one"].Rules!.Reader);
        Assert.Contains($"create and get pods/exec in {world.Namespace}", readings["one"].Rules!.Privileges);
        Assert.Contains("-A INPUT -j ACCEPT", Text(readings["one"], RuleDumpFormat.IptablesNft, IpFamily.IPv4), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_agents_role_is_enough_where_agents_can_read_and_one_verb_less_is_named()
    {
        await using NodeWorld world = await NodeWorld.CreateAsync(testbed);
        world.Options = new RulesReadOptions { Source = RulesSource.Node };
        await world.RunAsync(("one", "iptables-nft -A INPUT -j ACCEPT"));
        await world.RunAgentAsync("{hostPID: true", "{privileged: true}");
        List<MeshPod> pods = [.. (await world.PodsAsync()).Where(pod => pod.Name == "one")];

        PodRules? rules = (await world.ReadAsync(await world.ConnectWithListAsync("agent-only", "create,get"), pods))["one"].Rules;
        MeshException noExec = (await world.ReadAsync(await world.ConnectWithListAsync("agent-no-get", "create"), pods))["one"].Failure!;
        MeshException noList = (await world.ReadAsync(await world.ConnectAsync("agent-no-list", "get", "create,get"), pods))["one"].Failure!;

        Assert.StartsWith("agent ", rules!.Reader, StringComparison.Ordinal);
        Assert.Equal(FailureKind.Forbidden, noExec.Kind);
        Assert.Contains("resources: [\"pods/exec\"], verbs: [\"get\"]", noExec.Remedy, StringComparison.Ordinal);
        Assert.Contains("resources: [\"pods\"], verbs: [\"list\"]", noList.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reads_through_an_agent_that_has_the_nodes_proc_mounted()
    {
        await using NodeWorld world = await NodeWorld.CreateAsync(testbed);
        await world.RunAsync(("one", "iptables-nft -A INPUT -j ACCEPT"));
        // As istio/istio's own daemonset: no hostPID, capabilities instead of privileged.
        await world.RunAgentAsync("{hostPID: false", "{capabilities: {drop: [ALL], add: [NET_ADMIN, NET_RAW, SYS_PTRACE, SYS_ADMIN, DAC_OVERRIDE] } }", mountProc: true);

        Dictionary<string, PodRulesReading> readings = await world.ReadAsync(pods: (await world.PodsAsync()).Where(pod => pod.Name == "one"));

        Assert.True(readings["one"].Rules!.Reader.StartsWith("agent ", StringComparison.Ordinal), string.Join("\n", world.Details));
        Assert.Contains("-A INPUT -j ACCEPT", Text(readings["one"], RuleDumpFormat.IptablesNft, IpFamily.IPv4), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agent_that_lacks_something_is_passed_over_for_an_inspector_pod()
    {
        await using NodeWorld world = await NodeWorld.CreateAsync(testbed);
        await world.RunAsync(("one", "iptables-nft -A INPUT -j ACCEPT"));
        await world.RunAgentAsync("{hostPID: false", "{privileged: false}");

        Dictionary<string, PodRulesReading> readings = await world.ReadAsync(pods: (await world.PodsAsync()).Where(pod => pod.Name == "one"));

        Assert.StartsWith($"inspector pod {world.Namespace}/", readings["one"].Rules!.Reader, StringComparison.Ordinal);
        Assert.Contains(world.Details, detail => detail.StartsWith($"Agent {world.Namespace}/agent", StringComparison.Ordinal) && detail.Contains("hostPID", StringComparison.Ordinal));
        Assert.Equal(["agent", "one"], (await world.PodsAsync()).Select(pod => pod.Name).Order());
    }

    [Fact]
    public async Task Pods_without_rules_of_their_own_come_out_with_the_reason_and_hold_nobody_up()
    {
        await using NodeWorld world = await NodeWorld.CreateAsync(testbed);
        await world.RunAsync("stays", "goes");
        await world.ControlPlane.ApplyAsync($$"""
            ---
            {apiVersion: v1, kind: Pod, metadata: {name: onhost}, spec: {hostNetwork: true, terminationGracePeriodSeconds: 0, containers: [{name: c, image: {{NodeWorld.Tools}}, command: [sleep, "1000"]}]} }
            """, world.Namespace);
        await world.ControlPlane.ApplyAsync($$"""
            ---
            {apiVersion: v1, kind: Pod, metadata: {name: ended}, spec: {restartPolicy: Never, containers: [{name: c, image: {{NodeWorld.Tools}}, command: ["true"]}]} }
            """, world.Namespace);
        await Eventually.BecomesTrueAsync(async () => (await world.PodsAsync()) is var now && now.Any(pod => pod is { Name: "ended", Phase: "Succeeded" }) && now.Any(pod => pod is { Name: "onhost", Phase: "Running" }), "pods run and have ended");
        List<MeshPod> listed = await world.PodsAsync();
        await world.ControlPlane.KubectlAsync("delete", "pod", "goes", "--grace-period=1", "--namespace", world.Namespace);

        Dictionary<string, PodRulesReading> readings = await world.ReadAsync(pods: listed);

        Assert.Equal(4, readings.Count);
        Assert.NotNull(readings["stays"].Rules);
        Assert.Equal(("PodGone", "PodUsesHostNetwork", "PodEnded"),
            (readings["goes"].Failure!.ErrorId, readings["onhost"].Failure!.ErrorId, readings["ended"].Failure!.ErrorId));
    }

    [Fact]
    public async Task A_reading_that_is_stopped_leaves_nothing()
    {
        await using NodeWorld world = await NodeWorld.CreateAsync(testbed);
        world.Options = world.Options with { InspectorNamespace = world.Namespace };
        await world.RunAsync("one");
        List<MeshPod> pods = await world.PodsAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);

        Task reading = Task.Run(async () => await PodRulesReader.ReadAsync(world.Cluster, pods.ToAsyncEnumerable(), world.Options, world, stop.Token).ToListAsync(Cancel), Cancel);
        await Eventually.BecomesTrueAsync(async () => (await world.PodsAsync()).Count == 2, "there is an inspector pod");
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        Assert.Equal("one", Assert.Single(await world.PodsAsync()).Name);
        Assert.Empty(world.Warnings);
    }

    [Fact]
    public async Task An_image_that_does_not_start_is_told_with_the_kubelets_reason_and_leaves_nothing()
    {
        await using NodeWorld world = await NodeWorld.CreateAsync(testbed);
        world.Options = world.Options with { InspectorImage = "registry.local/no-such-image:1", InspectorNamespace = world.Namespace };
        await world.RunAsync("one");

        MeshException failure = (await world.ReadAsync())["one"].Failure!;

        Assert.Equal("InspectorNotStarted", failure.ErrorId);
        Assert.Contains("ErrImagePull", failure.Message, StringComparison.Ordinal);
        Assert.Contains("no-such-image", failure.Message, StringComparison.Ordinal);
        Assert.Equal("one", Assert.Single(await world.PodsAsync()).Name);
    }

    [Fact]
    public async Task What_a_killed_client_left_is_removed_by_the_next_reading()
    {
        await using NodeWorld world = await NodeWorld.CreateAsync(testbed);
        world.Options = world.Options with { InspectorNamespace = world.Namespace };
        await world.RunAsync("one");
        await world.ControlPlane.ApplyAsync($$"""
            ---
            {apiVersion: v1, kind: Pod, metadata: {name: istioadmin-inspector-old, labels: {app.kubernetes.io/name: istioadmin-inspector, app.kubernetes.io/managed-by: istioadmin} },
             spec: {restartPolicy: Never, containers: [{name: c, image: {{NodeWorld.Tools}}, command: ["true"]}]} }
            """, world.Namespace);
        await Eventually.BecomesTrueAsync(async () => (await world.PodsAsync()).Any(pod => pod.Phase == "Succeeded"), "the old pod has ended");

        await world.ReadAsync(pods: (await world.PodsAsync()).Where(pod => pod.Name == "one"));

        Assert.Equal("one", Assert.Single(await world.PodsAsync()).Name);
    }

    [Fact]
    public async Task The_documented_role_is_enough_and_one_verb_less_is_named()
    {
        await using NodeWorld world = await NodeWorld.CreateAsync(testbed);
        world.Options = world.Options with { InspectorNamespace = world.Namespace };
        await world.RunAsync("one");
        List<MeshPod> pods = await world.PodsAsync();

        Assert.NotNull((await world.ReadAsync(await world.ConnectAsync("whole", "get,list,create,delete", "create,get"), pods))["one"].Rules);
        MeshException create = (await world.ReadAsync(await world.ConnectAsync("no-create", "get,list,delete", "create,get"), pods))["one"].Failure!;
        MeshException get = (await world.ReadAsync(await world.ConnectAsync("no-get", "list,create,delete", "create,get"), pods))["one"].Failure!;
        MeshException exec = (await world.ReadAsync(await world.ConnectAsync("no-exec", "get,list,create,delete", "create"), pods))["one"].Failure!;

        Assert.Equal("one", Assert.Single(await world.PodsAsync()).Name);
        Assert.Contains("resources: [\"pods\"], verbs: [\"create\"]", create.Remedy, StringComparison.Ordinal);
        Assert.Contains("resources: [\"pods\"], verbs: [\"get\"]", get.Remedy, StringComparison.Ordinal);
        Assert.Contains("resources: [\"pods/exec\"], verbs: [\"get\"]", exec.Remedy, StringComparison.Ordinal);
        Assert.All(new[] { create, get, exec }, failure => Assert.Equal(FailureKind.Forbidden, failure.Kind));
        Assert.Empty(world.Warnings);

        Assert.NotNull((await world.ReadAsync(await world.ConnectAsync("no-delete", "get,list,create", "create,get"), pods))["one"].Rules);
        Assert.Contains("verbs: [\"delete\"]", Assert.Single(world.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Auto_names_every_way_that_was_refused()
    {
        await using NodeWorld world = await NodeWorld.CreateAsync(testbed);
        world.Options = new RulesReadOptions { Source = RulesSource.Auto, InspectorImage = NodeWorld.Tools };
        string ns = world.Namespace;
        await world.Node.RunPodsAsync(ns, "init-container");
        List<MeshPod> pods = await world.PodsAsync();

        PodRulesReading refused = (await world.ReadAsync(await world.ConnectAsync("no-logs", "get", "get"), pods)).Values.Single();
        PodRulesReading byLog = (await world.ReadAsync(await world.ConnectAsync("logs-only", "get", "get", logs: true), pods)).Values.Single();

        Assert.Equal((FailureKind.Forbidden, "RulesNotReadable"), (refused.Failure!.Kind, refused.Failure.ErrorId));
        Assert.Contains("create pods in namespace kube-system", refused.Failure.Message, StringComparison.Ordinal);
        Assert.Contains($"get pods/log {ns}/init-container", refused.Failure.Message, StringComparison.Ordinal);
        // The testbed's stand-in prints what it was asked, but no rules.
        Assert.Contains("has no rules in it", byLog.Failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_pods_take_one_read()
    {
        int count = int.Parse(Environment.GetEnvironmentVariable("TESTBED_MANY_PODS") ?? "25", CultureInfo.InvariantCulture);
        await using NodeWorld world = await NodeWorld.CreateAsync(testbed);
        await world.RunAsync([.. Enumerable.Range(0, count).Select(i => ($"many-{i}", NodeWorld.TypicalRules + $"\\niptables-nft -t nat -A OUTPUT -m comment --comment of-{i}-alone"))]);
        List<MeshPod> pods = await world.PodsAsync();

        var clock = Stopwatch.StartNew();
        TimeSpan first = default;
        var readings = new List<PodRulesReading>();
        await foreach (PodRulesReading reading in PodRulesReader.ReadAsync(world.Cluster, pods.ToAsyncEnumerable(), world.Options, world, Cancel))
        {
            if (readings.Count == 0)
                first = clock.Elapsed;
            readings.Add(reading);
        }
        output.WriteLine($"{count} pods: first after {first.TotalSeconds:0.00} s, all {(clock.Elapsed - first).TotalSeconds:0.00} s later");

        Assert.Equal(count, readings.Select(reading => reading.Pod.Name).Distinct().Count());
        Assert.All(readings, reading =>
        {
            string text = Text(reading, RuleDumpFormat.IptablesNft, IpFamily.IPv4);
            Assert.Equal($"of-{reading.Pod.Name[5..]}-alone", Assert.Single(text.Split(' ', '\n'), word => word.StartsWith("of-", StringComparison.Ordinal)));
        });
        Assert.Single(readings.Select(reading => reading.Rules!.Reader).Distinct());
    }

    private static string Text(PodRulesReading reading, RuleDumpFormat format, IpFamily? family) =>
        Assert.Single(reading.Rules!.Dumps, dump => dump.Format == format && dump.Family == family).Text;
}
