using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Sources;
using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Core.Tests.Redirection.Sources;

/// <summary>The script itself, run by the shells that images have, on processes in network namespaces of the test's own.</summary>
public sealed class NodeScriptTests
{
    private const string Id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string> Shells => ["dash", "bash", "busybox sh"];

    [Theory]
    [MemberData(nameof(Shells))]
    public async Task Reads_each_pod_from_its_own_namespace_and_changes_nothing(string shell)
    {
        await using ScriptWorld nft = await ScriptWorld.CreateAsync("iptables-nft -t nat -A OUTPUT -p tcp -m comment --comment of-nft -j REDIRECT --to-ports 15001");
        await using ScriptWorld legacy = await ScriptWorld.CreateAsync("ip6tables-legacy -w 60 -A INPUT -m comment --comment of-legacy -j ACCEPT");
        await using ScriptWorld bare = await ScriptWorld.CreateAsync("");
        MeshPod[] pods = [Pod("nft"), Pod("legacy"), Pod("bare"), Pod("absent"), Pod("host") with { RedirectionConditions = [new("NotHostNetwork", false, "", "")] }];
        nft.Place(pods[0].Uid!, Id + "a");
        legacy.Place(pods[1].Uid!, Id + "b");
        bare.Place(pods[2].Uid!, Id + "c");

        Dictionary<string, PodRulesReading> readings = await LocalRules.ReadPodsAsync(pods, shell.Split(' '), Cancel).ToDictionaryAsync(reading => reading.Pod.Name, cancellationToken: Cancel);

        Assert.Equal(5, readings.Count);
        Assert.Contains("of-nft", Assert.Single(readings["nft"].Rules!.Dumps, Is(RuleDumpFormat.IptablesNft, IpFamily.IPv4)).Text, StringComparison.Ordinal);
        Assert.Contains("of-legacy", Assert.Single(readings["legacy"].Rules!.Dumps, Is(RuleDumpFormat.IptablesLegacy, IpFamily.IPv6)).Text, StringComparison.Ordinal);
        Assert.All(readings["bare"].Rules!.Dumps, dump => Assert.DoesNotContain("of-", dump.Text, StringComparison.Ordinal));
        Assert.All(readings["bare"].Rules!.Dumps, dump => Assert.NotEqual(RuleDumpFormat.IptablesLegacy, dump.Format));
        Assert.Equal(("PodHasNoProcess", "PodUsesHostNetwork"), (readings["absent"].Failure!.ErrorId, readings["host"].Failure!.ErrorId));
        Assert.Equal([new PodProcess("app", 0, 0)], readings["nft"].Rules!.Processes);
        Assert.All(pods[..3], pod => Assert.Equal((RulesSource.Local, 0), (readings[pod.Name].Rules!.Source, readings[pod.Name].Rules!.Gaps.Count)));
        Assert.Equal("", await bare.RunAsync("sh", "-c", "nft list ruleset; cat /proc/net/ip_tables_names /proc/net/ip6_tables_names 2>/dev/null"));
        Assert.Equal("filter\n", await legacy.RunAsync("sh", "-c", "nft list ruleset; cat /proc/net/ip_tables_names /proc/net/ip6_tables_names 2>/dev/null"));

        static MeshPod Pod(string name) => new()
        {
            Cluster = "c",
            Namespace = "ns",
            Name = name,
            Uid = Guid.NewGuid().ToString(),
            Phase = "Running",
            ContainerIds = new Dictionary<string, string> { ["app"] = $"containerd://{Id}a" }.Where(_ => name == "nft").ToDictionary(),
        };
    }

    [Fact]
    public async Task A_process_in_the_nodes_own_namespace_is_never_taken_for_the_pods()
    {
        await using ScriptWorld world = await ScriptWorld.CreateAsync("");
        using var onHost = System.Diagnostics.Process.Start("sleep", "600");
        var pod = new MeshPod { Cluster = "c", Namespace = "ns", Name = "p", Uid = Guid.NewGuid().ToString(), Phase = "Running" };
        world.Place(pod.Uid!, Id + "d", onHost.Id);

        PodRulesReading reading = Assert.Single(await LocalRules.ReadPodsAsync([pod], Cancel).ToListAsync(Cancel));
        onHost.Kill();
        await onHost.WaitForExitAsync(Cancel);

        Assert.Equal("PodUsesHostNetwork", reading.Failure?.ErrorId);
    }

    [Fact]
    public async Task Reads_by_process_and_by_namespace()
    {
        await using ScriptWorld world = await ScriptWorld.CreateAsync("iptables-nft -A INPUT -m comment --comment mine -j ACCEPT");

        PodRules byProcess = await LocalRules.ReadProcessAsync(world.Pid, Cancel);
        PodRules byPath = await LocalRules.ReadNamespaceAsync($"/proc/{world.Pid}/ns/net", Cancel);

        Assert.All(new[] { byProcess, byPath }, rules => Assert.Contains("mine", Assert.Single(rules.Dumps, Is(RuleDumpFormat.IptablesNft, IpFamily.IPv4)).Text, StringComparison.Ordinal));
        Assert.Equal("ProcessNotFound", (await Assert.ThrowsAsync<MeshException>(() => LocalRules.ReadProcessAsync(int.MaxValue, Cancel))).ErrorId);
        Assert.Equal("NetworkNamespaceNotFound", (await Assert.ThrowsAsync<MeshException>(() => LocalRules.ReadNamespaceAsync("/nowhere", Cancel))).ErrorId);
    }

    private static Predicate<RuleDump> Is(RuleDumpFormat format, IpFamily family) => dump => dump.Format == format && dump.Family == family;
}
