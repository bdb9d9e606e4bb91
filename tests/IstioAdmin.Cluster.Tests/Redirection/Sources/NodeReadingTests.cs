using IstioAdmin.Core.Redirection.Sources;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Testing;

namespace IstioAdmin.Cluster.Tests.Redirection.Sources;

/// <summary>Rules read on a real node.</summary>
[Collection(MeshNode.Collection)]
public sealed class NodeReadingTests(Testbed testbed)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Reads_what_stands_in_each_pod_through_a_pod_of_its_own_and_removes_it()
    {
        using NodeWorld world = await NodeWorld.CreateAsync(testbed);
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
        Assert.All(readings, reading => Assert.Equal(reading.Key == "legacy", reading.Value.Rules!.Dumps.Any(dump => dump.Format == RuleDumpFormat.IptablesLegacy)));
        foreach (PodRulesReading reading in readings.Values)
        {
            PodRules rules = reading.Rules!;
            Assert.Empty(rules.Gaps);
            Assert.StartsWith("inspector pod kube-system/istioadmin-inspector-", rules.Reader, StringComparison.Ordinal);
            Assert.Equal("eth0", rules.Host!.DefaultInterface);
            Assert.Equal(reading.Pod.PodIPs[0], System.Net.IPAddress.Parse(((uint)rules.Host.AddressesFromOutside(IpFamily.IPv4).Single()).ToString(System.Globalization.CultureInfo.InvariantCulture)).ToString());
            Assert.Contains(new PodProcess("istio-proxy", 1337, 1337), rules.Processes);
            Assert.Contains(new PodProcess("writer", 0, 0), rules.Processes);
        }
        Assert.Equal(before, await world.OtherPodsAsync());
        Assert.Empty(world.Warnings);
    }

    private static string Text(PodRulesReading reading, RuleDumpFormat format, IpFamily? family) =>
        Assert.Single(reading.Rules!.Dumps, dump => dump.Format == format && dump.Family == family).Text;
}
