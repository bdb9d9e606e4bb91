using CsCheck;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Proof.Escapes;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Iptables.Tests.Proof.Escapes;

public sealed class EscapeFinderTests
{
    private static readonly ProxyIdentity Proxy = new([1337], [1337]);

    private static EscapeQuery Inbound(ushort port) =>
        new() { Direction = PacketDirection.Inbound, Protocols = [IpProtocol.Tcp], Expected = Expectation.RedirectedTo(port) };

    private static EscapeQuery Outbound(ushort port) =>
        new() { Direction = PacketDirection.Outbound, Protocols = [IpProtocol.Tcp], Expected = Expectation.RedirectedTo(port), Proxy = Proxy };

    private static EscapeSet Find(EscapeQuery query, string dump, IpFamily family = IpFamily.IPv4) =>
        new EscapeFinder(Dump.Parse(dump, family), Tracing.World.Pod).Find(query);

    private static string Nat(params string[] rules) =>
        "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n:IN - [0:0]\n:OUT - [0:0]\n"
        + string.Concat(rules.Select(rule => rule + "\n")) + "COMMIT\n";

    [Fact]
    public void All_inbound_packets_are_proven()
    {
        EscapeSet set = Find(Inbound(15006), Nat("-A PREROUTING -p tcp -j REDIRECT --to-ports 15006"));
        Assert.Equal(EscapeVerdict.Proven, set.Verdict);
        Assert.Equal("tcp", Assert.Single(set.Met).Packets.ToString());
        Assert.Empty(set.Escapes);
    }

    [Fact]
    public void The_packets_that_escape_come_with_the_rule_that_lets_them_go_and_one_of_them()
    {
        EscapeSet set = Find(Inbound(15001), Dump.Read("istio-cni-1.1-annotated.save"));

        Assert.Equal(EscapeVerdict.Escapes, set.Verdict);
        PacketFate[] delivered = [.. set.Escapes.Where(e => e.Outcome == OutcomeKind.Delivered)];
        Assert.Equal(["22", "9443"], delivered.Select(e => e.Packets.DestinationPort!.ToString()).Order());
        Assert.All(delivered, escape =>
        {
            Assert.Equal("ISTIO_INBOUND", escape.Rule!.Chain);
            Assert.Contains("-j RETURN", escape.Rule.ToString(), StringComparison.Ordinal);
            Assert.Equal(escape.Packets.DestinationPort!.Intervals[0].First, escape.Example.DestinationPort);
        });
    }

    [Fact]
    public void Nothing_is_to_blame_when_no_rule_catches()
    {
        EscapeSet set = Find(Inbound(15006), Nat());
        PacketFate escape = set.Escapes.Single(e => e.Outcome == OutcomeKind.Delivered);
        Assert.Null(escape.Rule);
        Assert.Contains("no rule redirects it", escape.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Interfaces_that_are_left_out_are_not_asked_about_in_either_direction()
    {
        var host = new TraceHost([.. Tracing.World.Pod.Interfaces, new HostInterface("net1", [(IpFamily.IPv4, Tracing.World.Address("192.168.1.5"))])], "eth0");
        Ruleset rules = Dump.Parse(Nat("-A PREROUTING -i eth0 -p tcp -j REDIRECT --to-ports 15006", "-A OUTPUT -o lo -p tcp -j REDIRECT --to-ports 15001"), IpFamily.IPv4);
        EscapeVerdict Verdict(EscapeQuery query, params string[] except) =>
            new EscapeFinder(rules, host).Find(query with { ExceptInterfaces = [.. except.Select(name => new InterfacePattern(name))] }).Verdict;

        Assert.Equal(EscapeVerdict.Escapes, Verdict(Inbound(15006)));
        Assert.Equal(EscapeVerdict.Proven, Verdict(Inbound(15006), "net+"));
        Assert.Equal(EscapeVerdict.NoPackets, Verdict(Inbound(15006), "net1", "eth0"));
        Assert.Equal(EscapeVerdict.Escapes, Verdict(Outbound(15001) with { Proxy = null }));
        Assert.Equal(EscapeVerdict.Proven, Verdict(Outbound(15001) with { Proxy = null }, "eth0"));
        Assert.Equal(EscapeVerdict.NoPackets, Verdict(Outbound(15001) with { Proxy = null }, "eth0", "lo"));
        Assert.Equal(EscapeVerdict.Escapes, Verdict(Outbound(15001) with { Proxy = null }, "lo"));
    }

    [Fact]
    public void What_is_not_understood_is_never_fine()
    {
        EscapeSet set = Find(
            Inbound(15006) with { Sources = [Interval.Of(new AddressPattern(IpFamily.IPv4, 0x0AF40700, 0xFFFFFFF0) with { Value = 0x0AF40710 })] },
            Nat("-A PREROUTING -m u32 --u32 0x0=0x1 -j ACCEPT", "-A PREROUTING -p tcp -j REDIRECT --to-ports 15006"));
        Assert.Equal(EscapeVerdict.Unproven, set.Verdict);
        PacketFate doubt = Assert.Single(set.Unproven);
        Assert.Contains("u32", doubt.Doubt!, StringComparison.Ordinal);
        Assert.Equal(1, doubt.Rule!.Number);
    }

    [Fact]
    public void A_question_for_no_state_or_mark_is_about_no_packet()
    {
        string dump = Nat("-A PREROUTING -p tcp -j REDIRECT --to-ports 15006");
        Assert.Equal(EscapeVerdict.NoPackets, Find(Inbound(15006) with { States = [] }, dump).Verdict);
        Assert.Equal(EscapeVerdict.NoPackets, Find(Inbound(15006) with { Marks = [] }, dump).Verdict);
    }

    [Fact]
    public void A_packet_sent_to_the_port_itself_needs_no_redirect()
    {
        EscapeSet set = Find(Inbound(15006) with { DestinationPorts = [PortRange.Only(15006)], Sources = [new(0x0AF40710, 0x0AF40720)] }, Nat());
        Assert.Equal(EscapeVerdict.Proven, set.Verdict);
    }

    [Fact]
    public void A_proxy_whose_own_packets_are_caught_again_loops()
    {
        EscapeQuery query = Outbound(15001) with { Destinations = [Interval.Of(new AddressPattern(IpFamily.IPv4, 0x0A600000, 0xFFFF0000))] };
        Assert.Equal(EscapeVerdict.Loops, Find(query, Nat("-A OUTPUT -p tcp -j REDIRECT --to-ports 15001")).Verdict);
        EscapeSet byGroup = Find(query, Nat("-A OUTPUT -p tcp -m owner --uid-owner 1337 -j RETURN", "-A OUTPUT -p tcp -j REDIRECT --to-ports 15001"));
        Assert.Equal("tcp to 10.96.0.0/16 uid !1337 gid 1337", Assert.Single(byGroup.Loops).Packets.ToString());
        Assert.Equal(EscapeVerdict.Proven, Find(query, Nat(
            "-A OUTPUT -m owner --uid-owner 1337 -j RETURN", "-A OUTPUT -m owner --gid-owner 1337 -j RETURN", "-A OUTPUT -p tcp -j REDIRECT --to-ports 15001")).Verdict);
    }

    [Fact]
    public void Transparent_sockets_count_by_their_port()
    {
        string dump = "*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -m tcp --dport 22 -j RETURN\n-A PREROUTING -p tcp -j TPROXY --on-port 15006 --on-ip 0.0.0.0 --tproxy-mark 0x539/0xffffffff\nCOMMIT\n";
        EscapeSet set = Find(Inbound(15006) with { Sources = [new(0x0AF40710, 0x0AF40720)] }, dump);
        PacketFate escape = Assert.Single(set.Escapes);
        Assert.Equal("22", escape.Packets.DestinationPort!.ToString());
        Assert.Equal(("mangle", "PREROUTING", 1), (escape.Rule!.Table, escape.Rule.Chain, escape.Rule.Number));
    }

    [Fact]
    public void Forwarded_packets_are_those_for_others()
    {
        var router = new TraceHost([new HostInterface("eth0", [(IpFamily.IPv4, Tracing.World.Address("10.244.7.5"))])], "eth0") { Forwards = true };
        Ruleset rules = Dump.Parse("*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -p tcp -m tcp --dport 25 -j DROP\nCOMMIT\n");
        EscapeSet set = new EscapeFinder(rules, router).Find(new EscapeQuery
        {
            Direction = PacketDirection.Forwarded,
            Protocols = [IpProtocol.Tcp],
            Sources = [new(0x0AF40710, 0x0AF40720)],
            Destinations = [Interval.Of(new AddressPattern(IpFamily.IPv4, 0x0A600000, 0xFFFF0000))],
            Expected = Expectation.Sent,
        });
        Assert.Equal("25", Assert.Single(set.Escapes).Packets.DestinationPort!.ToString());
    }

    [Fact]
    public void Packets_may_differ_in_interface_state_and_mark()
    {
        string dump = Nat("-A PREROUTING -m mark --mark 0x1 -j RETURN", "-A PREROUTING -p tcp -j REDIRECT --to-ports 15006");
        EscapeSet set = Find(Inbound(15006) with { Sources = [new(0x0AF40710, 0x0AF40720)], Marks = [0, 1, 2] }, dump);
        PacketFate escape = Assert.Single(set.Escapes);
        Assert.Equal(1u, Assert.Single(escape.Circumstances).Mark);
        Assert.Equal([0u, 2u], Assert.Single(set.Met, fate => fate.Outcome == OutcomeKind.Redirected).Circumstances.Select(c => c.Mark));
    }

    [Theory]
    [InlineData(IpFamily.IPv4, PacketDirection.Inbound)]
    [InlineData(IpFamily.IPv4, PacketDirection.Outbound)]
    [InlineData(IpFamily.IPv6, PacketDirection.Inbound)]
    [InlineData(IpFamily.IPv6, PacketDirection.Outbound)]
    public void Every_example_comes_to_the_end_that_it_is_an_example_of(IpFamily family, PacketDirection direction) =>
        RandomWorld.Dump(family).Sample(dump =>
        {
            Ruleset ruleset = Dump.Parse(dump, family);
            var tracer = new PacketTracer(ruleset, Tracing.World.Pod);
            EscapeSet set = new EscapeFinder(ruleset, Tracing.World.Pod).Find(new EscapeQuery { Direction = direction, Expected = Expectation.Redirected });
            foreach (PacketFate fate in set.Met.Concat(set.Escapes).Concat(set.Unproven))
            {
                Assert.True(fate.Packets.Contains(PacketValues.Of(fate.Example)), $"{fate.Example} is not in {fate.Packets}");
                TraceOutcome traced = direction == PacketDirection.Inbound ? tracer.Inbound(fate.Example) : tracer.Outbound(fate.Example);
                Assert.Equal(fate.Outcome, traced.Kind);
                if (fate.Outcome is not (OutcomeKind.Delivered or OutcomeKind.Sent))
                    Assert.Same(traced.DecidedBy, fate.Rule?.Rule);
            }
        }, iter: 150);
}
