using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Sources;
using IstioAdmin.Core.Redirection.Verdicts;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Proof.Escapes;
using IstioAdmin.Iptables.Tracing;
using static IstioAdmin.Core.Tests.Redirection.Verdicts.JudgedPod;

namespace IstioAdmin.Core.Tests.Redirection.Verdicts;

public sealed class RedirectionJudgeTests
{
    [Fact]
    public void The_rules_that_Istio_writes_are_proven()
    {
        PodRedirection result = Judge(Rules(Saved()));

        Assert.Equal(RedirectionVerdict.Redirected, result.Verdict);
        Assert.Equal((DirectionState.Proven, DirectionState.Proven), (result.Inbound.State, result.Outbound.State));
        Assert.Empty(result.Escapes);
        Assert.Empty(result.Findings);
        Assert.Equal(["iptables-nft"], result.Evidence!.Backends);
        Assert.True(result.IsGood);
    }

    // What is taken away or put in, the verdict, the name of a finding, and a part of what it says.
    public static TheoryData<string, string, RedirectionVerdict, string, string> Breakages => new()
    {
        { "-A PREROUTING -p tcp -j ISTIO_INBOUND\n", "", RedirectionVerdict.Partial, "InboundEscapes", "no rule redirects it" },
        { "-A OUTPUT -j ISTIO_OUTPUT\n", "", RedirectionVerdict.Partial, "OutboundEscapes", "leaves the pod past the proxy" },
        { "-A PREROUTING -p tcp", "-A PREROUTING -p tcp -m tcp --dport 3306 -j ACCEPT\n-A PREROUTING -p tcp", RedirectionVerdict.Partial, "InboundEscapes", "rule 1 of PREROUTING" },
        { "--to-ports 15006", "--to-ports 15007", RedirectionVerdict.Partial, "InboundMisdirected", "port 15007" },
        { "-A PREROUTING -p tcp", "-A PREROUTING -s 10.9.0.0/16 -j RETURN\n-A PREROUTING -p tcp", RedirectionVerdict.Partial, "InboundEscapes", "10.9.0.0/16" },
        { "-A PREROUTING -p tcp", "-A PREROUTING -m hashlimit -j RETURN\n-A PREROUTING -p tcp", RedirectionVerdict.Unverified, "NotProven", "hashlimit" },
        { "COMMIT", "COMMIT\n*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp -m tcp --dport 15006 -j DROP\nCOMMIT", RedirectionVerdict.Partial, "InboundBlocked", "is dropped" },
        { "-A ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN\n", "", RedirectionVerdict.Looping, "ProxyLoops", "comes back" },
    };

    [Theory]
    [MemberData(nameof(Breakages))]
    public void What_is_wrong_is_named(string take, string put, RedirectionVerdict verdict, string finding, string words)
    {
        string saved = Saved();
        Assert.Contains(take, saved, StringComparison.Ordinal);
        string broken = saved.Replace(take, put, StringComparison.Ordinal);
        // The proxy is told by its group as well.
        if (finding == "ProxyLoops")
            (broken, words) = (broken.Replace("-A ISTIO_OUTPUT -m owner --gid-owner 1337 -j RETURN\n", "", StringComparison.Ordinal), "come back");

        PodRedirection result = Judge(Rules(broken));

        Assert.Equal(verdict, result.Verdict);
        Assert.Contains(result.Findings, found => found.Name == finding && found.Text.Contains(words, StringComparison.Ordinal));
        Assert.False(result.IsGood);
    }

    [Fact]
    public void A_pod_without_any_rule_is_not_redirected_and_says_so_once()
    {
        PodRedirection result = Judge(Rules(""));

        Assert.Equal(RedirectionVerdict.NotRedirected, result.Verdict);
        Assert.Equal("NoRules", Assert.Single(result.Findings).Name);
        Assert.Equal((DirectionState.Open, DirectionState.Open), (result.Inbound.State, result.Outbound.State));
        Packet packet = result.Escapes.First(escape => escape.Direction == PacketDirection.Inbound).Example;
        Assert.Equal("10.244.7.5", packet.DestinationAddress);
        Assert.Equal(IpProtocol.Tcp, packet.Protocol);
    }

    [Fact]
    public void A_dual_stack_pod_needs_rules_of_both_families()
    {
        var v4 = new RuleDump(RuleDumpFormat.IptablesNft, IpFamily.IPv4, Saved());
        var v6 = new RuleDump(RuleDumpFormat.IptablesNft, IpFamily.IPv6, Saved(IpFamily.IPv6));

        PodRedirection open = Judge(Rules(v4), DualStack);

        Assert.Equal(RedirectionVerdict.Partial, open.Verdict);
        Assert.All(open.Escapes, escape => Assert.Equal(IpFamily.IPv6, escape.Family));
        Assert.Equal(RedirectionVerdict.Redirected, Judge(Rules(v4, v6), DualStack).Verdict);
        // Without an IPv6 address nothing can come in or go out by IPv6.
        Assert.Equal(RedirectionVerdict.Redirected, Judge(Rules(v4)).Verdict);
    }

    [Fact]
    public void Legacy_rules_count_as_the_kernel_counts_them()
    {
        var legacy = new RuleDump(RuleDumpFormat.IptablesLegacy, IpFamily.IPv4, Saved().Replace(" (nf_tables)", "", StringComparison.Ordinal));
        var nft = new RuleDump(RuleDumpFormat.IptablesNft, IpFamily.IPv4, "# Warning: iptables-legacy tables present, use iptables-legacy-save to see them\n");
        var hole = new RuleDump(RuleDumpFormat.IptablesNft, IpFamily.IPv4,
            "*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -m tcp --dport 3306 -j REDIRECT --to-ports 3307\nCOMMIT\n");

        PodRedirection only = Judge(Rules(nft, legacy));
        PodRedirection both = Judge(Rules(hole, legacy));
        PodRedirection hidden = Judge(Rules(nft));

        Assert.Equal((RedirectionVerdict.Redirected, "iptables-legacy"), (only.Verdict, Assert.Single(only.Evidence!.Backends)));
        Assert.Equal(RedirectionVerdict.Partial, both.Verdict);
        Assert.Contains(both.Findings, found => found.Name == "SeveralBackends");
        Assert.NotEqual(RedirectionVerdict.Redirected, hidden.Verdict);
    }

    [Fact]
    public void Rules_of_nftables_own_count_beside_those_of_iptables()
    {
        const string Hole = """
            {"nftables":[{"metainfo":{"version":"1.0.6","json_schema_version":1}},
            {"table":{"family":"ip","name":"other","handle":1}},
            {"chain":{"family":"ip","table":"other","name":"in","handle":1,"type":"nat","hook":"prerouting","prio":-150,"policy":"accept"}},
            {"rule":{"family":"ip","table":"other","chain":"in","handle":2,"expr":[{"match":{"op":"==","left":{"payload":{"protocol":"tcp","field":"dport"}},"right":3306}},{"redirect":{"port":3307}}]}}]}
            """;
        var nft = new RuleDump(RuleDumpFormat.IptablesNft, IpFamily.IPv4, Saved());

        PodRedirection result = Judge(Rules(nft, new RuleDump(RuleDumpFormat.NftJson, null, Hole)));

        Assert.Equal(RedirectionVerdict.Partial, result.Verdict);
        Assert.Contains("3306", Assert.Single(result.Escapes, escape => escape.Direction == PacketDirection.Inbound).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_shown_is_not_judged()
    {
        PodRules v4 = Rules(Saved()) with { Unseen = [IpFamily.IPv6], Gaps = ["There are no IPv6 rules in it."] };

        PodRedirection dual = Judge(v4, DualStack);
        PodRedirection blind = Judge(Rules("") with { Unseen = [IpFamily.IPv4], Gaps = ["iptables-save failed."] });

        Assert.Equal(RedirectionVerdict.Unverified, dual.Verdict);
        Assert.Empty(dual.Escapes);
        Assert.Contains(dual.Findings, found => found is { Name: "NotSeen", Severity: FindingSeverity.Error });
        Assert.Equal((RedirectionVerdict.Unverified, "NotSeen"), (blind.Verdict, Assert.Single(blind.Findings).Name));
        // A pod without IPv6 does not miss its rules.
        Assert.Equal(RedirectionVerdict.Redirected, Judge(v4).Verdict);
    }

    [Fact]
    public void A_set_that_a_rule_asks_for_is_looked_into()
    {
        string hole = Saved().Replace("-A PREROUTING -p tcp", "-A PREROUTING -m set --match-set friends src -j RETURN\n-A PREROUTING -p tcp", StringComparison.Ordinal);
        var sets = new RuleDump(RuleDumpFormat.Ipset, null, "create friends hash:ip family inet hashsize 1024 maxelem 65536\nadd friends 203.0.113.7\n");

        PodRedirection unknown = Judge(Rules(hole));
        PodRedirection known = Judge(Rules(new RuleDump(RuleDumpFormat.IptablesNft, IpFamily.IPv4, hole), sets));

        Assert.Equal(RedirectionVerdict.Unverified, unknown.Verdict);
        Assert.Equal(RedirectionVerdict.Partial, known.Verdict);
        Assert.Equal("203.0.113.7", Assert.Single(known.Escapes).Example.SourceAddress);
    }

    [Theory]
    [InlineData(1337u, 1000u, false)]
    [InlineData(1000u, 1337u, false)]
    [InlineData(1000u, 1000u, true)]
    public void An_application_that_runs_as_the_proxy_escapes(uint user, uint group, bool redirected)
    {
        PodRules rules = Rules(Saved()) with { Processes = [new PodProcess("cart", user, group), new PodProcess("istio-proxy", 1337, 1337), new PodProcess(null, 0, 0)] };

        PodRedirection result = Judge(rules);

        Assert.Equal(redirected ? RedirectionVerdict.Redirected : RedirectionVerdict.Partial, result.Verdict);
        Assert.Equal(!redirected, result.Findings.Any(found => found.Name == "ApplicationRunsAsProxy" && found.Text.Contains("Container cart", StringComparison.Ordinal)));
    }

    [Fact]
    public void Rules_from_a_log_are_weaker_evidence()
    {
        PodRedirection result = Judge(Rules(Saved()) with { Source = RulesSource.InitLog });

        Assert.True(result.Evidence!.IsWeak);
        Assert.Contains(result.Findings, found => found.Name == "WeakEvidence");
    }

    [Fact]
    public void A_pod_that_needs_nothing_or_does_not_run_is_not_read()
    {
        PodRedirection left = RedirectionJudge.WithoutRules(Pod with { RedirectionExpected = false, RedirectMethod = RedirectMethod.None })!;
        PodRedirection pending = RedirectionJudge.WithoutRules(Pod with { Phase = "Pending" })!;

        Assert.Equal((RedirectionVerdict.NotExpected, "SidecarWithoutRedirection"), (left.Verdict, Assert.Single(left.Findings).Name));
        Assert.Equal((RedirectionVerdict.Unverified, "PodNotRunning"), (pending.Verdict, Assert.Single(pending.Findings).Name));
        Assert.Null(RedirectionJudge.WithoutRules(Pod));
    }

    [Fact]
    public void Pods_with_equal_rules_share_one_proof()
    {
        var judge = new RedirectionJudge();
        PodRedirection[] results =
        [
            .. Enumerable.Range(1, 200).Select(i => judge.Judge(
                Pod with { Name = $"cart-{i}", PodIPs = [$"10.244.7.{i}"] }, Policy, Rules($"# Generated by iptables-save v1.8.9 (nf_tables) on {i}\n{Saved()}"))),
        ];

        Assert.All(results, result => Assert.Equal(RedirectionVerdict.Redirected, result.Verdict));
        Assert.Single(results.Select(result => result.Ruleset[0]).Distinct(ReferenceEqualityComparer.Instance));
    }
}
