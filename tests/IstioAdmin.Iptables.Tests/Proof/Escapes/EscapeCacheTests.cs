using CsCheck;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Parsing;
using IstioAdmin.Iptables.Proof.Escapes;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Iptables.Tests.Proof.Escapes;

public sealed class EscapeCacheTests
{
    private static readonly EscapeQuery Inbound = new() { Direction = PacketDirection.Inbound, Protocols = [IpProtocol.Tcp], Expected = Expectation.RedirectedTo(15001) };

    private static TraceHost Pod(string address) => new([new HostInterface("eth0", [(address.Contains(':', StringComparison.Ordinal) ? IpFamily.IPv6 : IpFamily.IPv4, Tracing.World.Address(address))])], "eth0");

    [Fact]
    public void The_same_content_is_read_once_whatever_date_and_counters_say()
    {
        string first = Dump.Read("istio-cni-1.1-annotated.save");
        string second = first.Replace("[0:0]", "[17:1020]", StringComparison.Ordinal).Replace(" on ", " on some other day, ", StringComparison.Ordinal);
        var cache = new EscapeCache();

        Assert.Same(cache.Read(first), cache.Read(second));
        Assert.NotSame(cache.Read(first), cache.Read(first.Replace("9443", "9444", StringComparison.Ordinal)));
        Assert.NotSame(cache.Read(first), cache.Read(first.Replace("(nf_tables)", "(legacy)", StringComparison.Ordinal)));
        string damaged = "*nat\n-A OUTPUT -j ACCEPT\nhello\nCOMMIT\n";
        Assert.Single(cache.Read(damaged).Errors);
        Assert.Throws<IptablesFormatException>(() => cache.Read(damaged, new ParseOptions { Strict = true }));
        Assert.NotSame(cache.Read("*nat\n-A OUTPUT -j ACCEPT\nCOMMIT\n"), cache.Read("*nat\n-A OUTPUT -j ACCEPT\nCOMMIT\n", new ParseOptions { Family = IpFamily.IPv6 }));
    }

    [Fact]
    public void A_listing_is_read_once_whatever_its_rules_counted_and_were_numbered()
    {
        static string Listing(int handle, int packets, int port) => $$$"""
            {"nftables": [{"metainfo": {"version": "1.0.6", "json_schema_version": 1}}, {"table": {"family": "ip", "name": "t", "handle": {{{handle}}}}},
             {"chain": {"family": "ip", "table": "t", "name": "c", "handle": 1, "type": "nat", "hook": "prerouting", "prio": -100, "policy": "accept"}},
             {"rule": {"family": "ip", "table": "t", "chain": "c", "handle": {{{handle + 5}}}, "expr": [{"counter": {"packets": {{{packets}}}, "bytes": 0}}, {"redirect": {"port": {{{port}}}}}]}}]}
            """;
        var cache = new EscapeCache();

        ParseResult first = cache.ReadListing(Listing(1, 0, 15006));

        Assert.Same(first, cache.ReadListing(Listing(27, 9999, 15006)));
        Assert.NotSame(first, cache.ReadListing(Listing(1, 0, 15007)));
        Assert.Single(first.Rulesets[0].Rules);
        Assert.NotSame(cache.ReadListing(""), cache.Read(""));
    }

    [Fact]
    public void Pods_that_no_rule_tells_apart_share_a_proof_and_each_sees_its_own_packets()
    {
        var cache = new EscapeCache();
        Ruleset ruleset = cache.Read(Dump.Read("istio-cni-1.1-annotated.save")).Rulesets[0];
        EscapeSet[] answers = [.. Enumerable.Range(2, 50).Select(n => cache.Find(ruleset, Pod($"10.11.0.{n}"), Inbound))];

        Assert.Equal(1, cache.ProofCount);
        Assert.All(answers, answer => Assert.Equal(EscapeVerdict.Escapes, answer.Verdict));
        Assert.Equal("10.11.0.51", answers[^1].Escapes[0].Example.DestinationAddress);
        Assert.Equal("10.11.0.2", answers[0].Escapes[0].Example.DestinationAddress);
    }

    [Fact]
    public void A_pod_that_a_rule_speaks_of_has_a_proof_of_its_own()
    {
        var cache = new EscapeCache();
        Ruleset ruleset = cache.Read("*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -d 10.11.0.3/32 -j ACCEPT\n-A PREROUTING -p tcp -j REDIRECT --to-ports 15001\nCOMMIT\n").Rulesets[0];

        Assert.Equal(EscapeVerdict.Proven, cache.Find(ruleset, Pod("10.11.0.2"), Inbound).Verdict);
        Assert.Equal(EscapeVerdict.Escapes, cache.Find(ruleset, Pod("10.11.0.3"), Inbound).Verdict);
        Assert.Equal(EscapeVerdict.Proven, cache.Find(ruleset, Pod("10.11.0.4"), Inbound).Verdict);
        // Below and above the address that the rule names are two ranges.
        Assert.Equal(3, cache.ProofCount);
    }

    [Theory]
    [InlineData(IpFamily.IPv4)]
    [InlineData(IpFamily.IPv6)]
    public void The_cache_says_what_a_proof_for_the_very_pod_says(IpFamily family)
    {
        string[] addresses = family == IpFamily.IPv4
            ? ["10.244.7.5", "10.244.7.6", "10.244.8.1", "10.96.0.1", "192.0.2.1", "10.9.7.1"]
            : ["fd00::5", "fd00::6", "fd00:0:0:1::1", "2001:db8::1", "2001:db9::1"];
        EscapeQuery[] queries =
        [
            new() { Direction = PacketDirection.Inbound, Expected = Expectation.Delivered },
            new() { Direction = PacketDirection.Outbound, Protocols = [IpProtocol.Tcp], Expected = Expectation.Redirected },
        ];
        RandomWorld.Dump(family).Sample(dump =>
        {
            var cache = new EscapeCache();
            Ruleset ruleset = cache.Read(dump, new ParseOptions { Family = family }).Rulesets[0];
            foreach (EscapeQuery query in queries)
            {
                foreach (TraceHost pod in addresses.Select(Pod))
                {
                    EscapeSet answer = cache.Find(ruleset, pod, query);
                    EscapeSet own = new EscapeFinder(ruleset, pod).Find(query);
                    Assert.Equal(own.Verdict, answer.Verdict);
                    Assert.Equal(own.Escapes.Select(e => e.Text), answer.Escapes.Select(e => e.Text));
                }
            }
        }, iter: 40);
    }
}
