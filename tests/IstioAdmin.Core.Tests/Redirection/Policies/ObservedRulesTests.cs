using IstioAdmin.Core.Redirection.Policies;
using IstioAdmin.Iptables.Model;
using static IstioAdmin.Core.Tests.Redirection.Policies.PolicyWorld;

namespace IstioAdmin.Core.Tests.Redirection.Policies;

/// <summary>Policies against rules as a kernel lists them, written down by hand: both generations and ambient mode, whole and broken.</summary>
public sealed class ObservedRulesTests
{
    private const string FirstGeneration = """
        *nat
        :PREROUTING ACCEPT [3:180]
        :INPUT ACCEPT [3:180]
        :OUTPUT ACCEPT [12:870]
        :POSTROUTING ACCEPT [12:870]
        :ISTIO_INBOUND - [0:0]
        :ISTIO_IN_REDIRECT - [0:0]
        :ISTIO_OUTPUT - [0:0]
        :ISTIO_REDIRECT - [0:0]
        -A PREROUTING -p tcp -j ISTIO_INBOUND
        -A OUTPUT -p tcp -j ISTIO_OUTPUT
        -A ISTIO_INBOUND -p tcp -m tcp --dport 9080 -j ISTIO_IN_REDIRECT
        -A ISTIO_IN_REDIRECT -p tcp -j REDIRECT --to-ports 15001
        -A ISTIO_OUTPUT ! -d 127.0.0.1/32 -o lo -j ISTIO_REDIRECT
        -A ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN
        -A ISTIO_OUTPUT -m owner --gid-owner 1337 -j RETURN
        -A ISTIO_OUTPUT -d 127.0.0.1/32 -j RETURN
        -A ISTIO_OUTPUT -j ISTIO_REDIRECT
        -A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001
        COMMIT
        """;

    private const string Ambient = """
        *mangle
        :PREROUTING ACCEPT [0:0]
        :INPUT ACCEPT [0:0]
        :FORWARD ACCEPT [0:0]
        :OUTPUT ACCEPT [0:0]
        :POSTROUTING ACCEPT [0:0]
        :ISTIO_OUTPUT - [0:0]
        :ISTIO_PRERT - [0:0]
        -A PREROUTING -j ISTIO_PRERT
        -A OUTPUT -j ISTIO_OUTPUT
        -A ISTIO_OUTPUT -m connmark --mark 0x111/0xfff -j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff
        -A ISTIO_PRERT -m mark --mark 0x539/0xfff -j CONNMARK --set-xmark 0x111/0xfff
        COMMIT
        *nat
        :PREROUTING ACCEPT [0:0]
        :INPUT ACCEPT [0:0]
        :OUTPUT ACCEPT [0:0]
        :POSTROUTING ACCEPT [0:0]
        :ISTIO_OUTPUT - [0:0]
        :ISTIO_PRERT - [0:0]
        -A PREROUTING -j ISTIO_PRERT
        -A OUTPUT -j ISTIO_OUTPUT
        -A ISTIO_OUTPUT -d 169.254.7.127/32 -p tcp -m tcp -j ACCEPT
        -A ISTIO_OUTPUT ! -o lo -p udp -m mark ! --mark 0x539/0xfff -m udp --dport 53 -j REDIRECT --to-ports 15053
        -A ISTIO_OUTPUT ! -d 127.0.0.1/32 -p tcp -m tcp --dport 53 -m mark ! --mark 0x539/0xfff -j REDIRECT --to-ports 15053
        -A ISTIO_OUTPUT -p tcp -m mark --mark 0x111/0xfff -j ACCEPT
        -A ISTIO_OUTPUT ! -d 127.0.0.1/32 -o lo -j ACCEPT
        -A ISTIO_OUTPUT ! -d 127.0.0.1/32 -p tcp -m mark ! --mark 0x539/0xfff -j REDIRECT --to-ports 15001
        -A ISTIO_PRERT -s 169.254.7.127/32 -p tcp -m tcp -j ACCEPT
        -A ISTIO_PRERT ! -d 127.0.0.1/32 -p tcp -m tcp ! --dport 15008 -m mark ! --mark 0x539/0xfff -j REDIRECT --to-ports 15006
        COMMIT
        """;

    private static readonly RedirectionPolicy First = Policy(ByCni("1.1.14", applications: [App(9080)]));

    private static RedirectionPolicy InAmbient(params (string, string)[] annotations) =>
        Policy(Pod(Core.Mesh.RedirectMethod.Ambient, null, new() { Containers = [App(9080)] }, Annotations(annotations)));

    [Fact]
    public void The_first_generations_rules_fulfil_its_policy() => Assert.Empty(BrokenNames(First, FirstGeneration));

    [Fact]
    public void Of_a_pod_with_two_ports_and_one_in_the_rules_a_clause_fails() =>
        Assert.Equal(["InboundCaptured"], BrokenNames(Policy(ByCni("1.1.14", applications: [App(9080, 9443)])), FirstGeneration));

    [Theory]
    [InlineData("-A PREROUTING -p tcp -j ISTIO_INBOUND", "", "InboundCaptured")]
    [InlineData("-A OUTPUT -p tcp -j ISTIO_OUTPUT", "", "OutboundCaptured,SelfCaptured")]
    [InlineData("-A OUTPUT -p tcp", "-A OUTPUT -j ACCEPT\n-A OUTPUT -p tcp", "OutboundCaptured,SelfCaptured")]
    [InlineData("--dport 9080", "--dport 9081", "InboundCaptured,InboundLeft")]
    [InlineData("-m owner --uid-owner 1337 -j RETURN", "-m owner --uid-owner 1338 -j RETURN", "OutboundCaptured,ProxyOwn")]
    [InlineData("-A ISTIO_OUTPUT -d 127.0.0.1/32 -j RETURN", "", "SelfLeft")]
    [InlineData("ISTIO_IN_REDIRECT -p tcp -j REDIRECT --to-ports 15001", "ISTIO_IN_REDIRECT -p tcp -j REDIRECT --to-ports 15002", "InboundCaptured")]
    public void A_broken_rule_of_the_first_generation_breaks_its_clause(string rule, string instead, string clauses)
    {
        string broken = FirstGeneration.Replace(rule, instead, StringComparison.Ordinal);

        Assert.NotEqual(FirstGeneration, broken);
        Assert.Equal(clauses, string.Join(',', BrokenNames(First, broken).Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void Without_rules_nothing_is_captured_and_nothing_else_is_wrong()
    {
        Assert.Equal(["InboundCaptured", "OutboundCaptured", "SelfCaptured"], BrokenNames(First, ""));
        Assert.Equal(["InboundCaptured", "OutboundCaptured", "ProxySelfCall"], BrokenNames(Policy(ByCni()), ""));
        Assert.Equal(["InboundCaptured", "OutboundCaptured"], BrokenNames(InAmbient(), ""));
    }

    // Ambient mode

    [Fact]
    public void Ambient_rules_fulfil_the_ambient_policy()
    {
        RedirectionPolicy policy = InAmbient();

        Assert.Empty(BrokenNames(policy, Ambient));
        Assert.Equal((null, null), (policy.Settings, policy.Proxy));
        Assert.Empty(BrokenNames(InAmbient(("ambient.istio.io/dns-capture", "true")), Ambient));
        Assert.Equal(["OutboundCaptured", "SelfLeft"], BrokenNames(InAmbient(("ambient.istio.io/dns-capture", "false")), Ambient));
    }

    [Fact]
    public void Ambient_rules_of_IPv6_have_the_same_clauses()
    {
        string six = Ambient.Replace("127.0.0.1/32", "::1/128", StringComparison.Ordinal).Replace("169.254.7.127/32", "fd16:9254:7127:1337:ffff:ffff:ffff:ffff/128", StringComparison.Ordinal);
        RedirectionPolicy policy = Policy(Pod(Core.Mesh.RedirectMethod.Ambient, "1.27.0", PodTrafficFacts.None, addresses: Dual));

        Assert.Empty(Broken(policy, family => Parse(family == IpFamily.IPv4 ? Ambient : six, family)));
        Assert.Equal(
            ["InboundCaptured IPv6", "OutboundCaptured IPv6"],
            Broken(policy, family => Parse(family == IpFamily.IPv4 ? Ambient : "", family)).Select(text => string.Join(' ', text.Split(' ')[..2])));
    }

    [Theory]
    [InlineData("-A PREROUTING -j ISTIO_PRERT\n-A OUTPUT -j ISTIO_OUTPUT\n-A ISTIO_OUTPUT -d 169", "-A OUTPUT -j ISTIO_OUTPUT\n-A ISTIO_OUTPUT -d 169", "InboundCaptured")]
    [InlineData("--to-ports 15006", "--to-ports 15007", "InboundCaptured")]
    [InlineData("-m mark ! --mark 0x539/0xfff -j REDIRECT --to-ports 15001", "-j REDIRECT --to-ports 15001", "ProxyOwn")]
    [InlineData("! -d 127.0.0.1/32 -o lo -j ACCEPT", "! -d 127.0.0.1/32 -j ACCEPT", "OutboundCaptured")]
    [InlineData("-A ISTIO_PRERT -s 169.254.7.127/32", "-A ISTIO_PRERT -s 10.0.0.0/8", "InboundCaptured,ProbesLeft")]
    [InlineData("! --dport 15008 -m mark", "-m mark", "TunnelCaptured")]
    public void A_broken_ambient_rule_breaks_its_clause(string rule, string instead, string clauses)
    {
        string broken = Ambient.Replace("\r", "", StringComparison.Ordinal).Replace(rule, instead, StringComparison.Ordinal);

        Assert.NotEqual(Ambient, broken);
        Assert.Equal(clauses, string.Join(',', BrokenNames(InAmbient(), broken).Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void A_pod_that_takes_inbound_traffic_itself_has_that_left()
    {
        RedirectionPolicy policy = InAmbient(("ambient.istio.io/bypass-inbound-capture", "true"));
        string rules = string.Join('\n', Ambient.Split('\n').Where(line => !line.Contains("ISTIO_PRERT -s", StringComparison.Ordinal) && !line.Contains("15006", StringComparison.Ordinal)));

        Assert.Empty(BrokenNames(policy, rules));
        Assert.Equal(["InboundLeft"], BrokenNames(policy, Ambient));
    }

    [Fact]
    public void Ambient_mode_before_it_was_within_the_pod_has_no_clauses_but_a_problem()
    {
        RedirectionPolicy policy = Policy(Pod(Core.Mesh.RedirectMethod.Ambient, "1.20.0", PodTrafficFacts.None));

        Assert.Empty(policy.Clauses);
        Assert.Equal("AmbientNotInPod", Assert.Single(policy.Problems).Name);
    }
}
