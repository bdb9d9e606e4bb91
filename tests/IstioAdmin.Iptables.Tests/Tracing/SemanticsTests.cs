using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Iptables.Tests.Tracing;

public sealed class SemanticsTests
{
    private static PacketTracer Filter(params string[] rules) => new(Dump.Parse(Dump.WithRules(rules)), World.Pod);

    private static bool Passes(Packet packet, params string[] rules) => Filter(rules).Inbound(packet) is TraceOutcome.Delivered;

    [Fact]
    public void Return_goes_back_to_the_rule_after_the_jump() =>
        Assert.False(Passes(World.In(80), "-A INPUT -j USER", "-A INPUT -j DROP", "-A USER -j RETURN", "-A USER -j ACCEPT"));

    [Fact]
    public void The_end_of_a_chain_reached_by_goto_is_the_end_of_its_caller()
    {
        // INPUT goes to USER and USER ends: INPUT's policy decides, not INPUT's second rule.
        Assert.True(Passes(World.In(80), "-A INPUT -g USER", "-A INPUT -j DROP"));
        Assert.False(Passes(World.In(80), "-A INPUT -j USER", "-A INPUT -j DROP"));
    }

    [Fact]
    public void What_depends_on_an_unknown_match_is_undecided_unless_another_part_says_no()
    {
        Packet packet = World.In(80);

        var undecided = Assert.IsType<TraceOutcome.Undecided>(Filter("-A INPUT -m limit --limit 5/min -j DROP").Inbound(packet));
        Assert.Equal("-m limit --limit 5/min", undecided.Part);
        Assert.True(Passes(packet, "-A INPUT -p udp -m limit --limit 5/min -j DROP"));
        Assert.True(Passes(packet, "-A INPUT -m limit --limit 5/min -j LOG"));
    }

    [Theory]
    [InlineData("-m owner --uid-owner 0", false)]
    [InlineData("-m owner ! --uid-owner 0", true)]
    [InlineData("-m owner ! --uid-owner 0 --gid-owner 0", false)]
    [InlineData("-m owner --socket-exists", false)]
    [InlineData("-m owner ! --socket-exists", true)]
    public void A_packet_without_a_socket_fits_an_owner_match_only_when_every_option_is_negated(string match, bool fits) =>
        Assert.Equal(!fits, Passes(World.In(80), $"-A INPUT {match} -j DROP"));

    [Fact]
    public void Chains_that_call_each_other_end_undecided_and_not_never()
    {
        TraceOutcome outcome = Filter("-A INPUT -j USER", "-A USER -j USER").Inbound(World.In(80));

        Assert.Equal("-j USER", Assert.IsType<TraceOutcome.Undecided>(outcome).Part);
    }

    [Fact]
    public void Untracked_packets_see_no_nat()
    {
        Ruleset ruleset = Dump.Parse(
            "*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -m tcp --dport 80 -j CT --notrack\nCOMMIT\n"
            + "*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -j REDIRECT --to-ports 15006\nCOMMIT\n");
        var tracer = new PacketTracer(ruleset, World.Pod);

        Assert.Equal(80, Assert.IsType<TraceOutcome.Delivered>(tracer.Inbound(World.In(80))).Port);
        Assert.Equal(15006, Assert.IsType<TraceOutcome.Delivered>(tracer.Inbound(World.In(81))).Port);
    }

    [Fact]
    public void Filter_sees_the_destination_that_nat_chose()
    {
        Ruleset ruleset = Dump.Parse(
            "*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -j REDIRECT --to-ports 15006\nCOMMIT\n"
            + "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp -m tcp --dport 15006 -j DROP\nCOMMIT\n");

        Assert.IsType<TraceOutcome.Dropped>(new PacketTracer(ruleset, World.Pod).Inbound(World.In(80)));
    }

    [Fact]
    public void Nat_to_a_range_leaves_the_choice_to_the_kernel()
    {
        Ruleset ruleset = Dump.Parse(
            "*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -j REDIRECT --to-ports 100-200\nCOMMIT\n"
            + "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp -m tcp --dport 1:99 -j DROP\n-A INPUT -p tcp -m tcp --dport 150 -j DROP\nCOMMIT\n");
        var tracer = new PacketTracer(ruleset, World.Pod);

        Assert.IsType<TraceOutcome.Undecided>(tracer.Inbound(World.In(80)));
        Assert.Equal(120, Assert.IsType<TraceOutcome.Delivered>(tracer.Inbound(World.In(120))).Port);
        Assert.IsType<TraceOutcome.Dropped>(tracer.Inbound(World.In(150)));
    }

    [Fact]
    public void Tproxy_hands_the_packet_to_its_socket_and_marks_it()
    {
        Ruleset ruleset = Dump.Parse("*mangle\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n"
            + "-A PREROUTING -p tcp -j TPROXY --on-port 15006 --on-ip 0.0.0.0 --tproxy-mark 0x539/0xffffffff\n-A INPUT -m mark ! --mark 0x539 -j DROP\nCOMMIT\n");

        Assert.Equal(15006, Assert.IsType<TraceOutcome.Delivered>(new PacketTracer(ruleset, World.Pod).Inbound(World.In(80))).Port);
    }
}
