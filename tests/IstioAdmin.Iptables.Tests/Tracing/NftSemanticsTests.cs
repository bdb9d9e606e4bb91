using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Tracing;
using static IstioAdmin.Iptables.Tests.Parsing.Nftables.Listing;

namespace IstioAdmin.Iptables.Tests.Tracing;

/// <summary>Where nft's chains and rules do not do what iptables' would.</summary>
public sealed class NftSemanticsTests
{
    private const string MarkIs5 = """{"match": {"op": "==", "left": {"meta": {"key": "mark"}}, "right": 5}}""";
    private const string SetMark5 = """{"mangle": {"key": {"meta": {"key": "mark"}}, "value": 5}}""";
    private const string SetMark6 = """{"mangle": {"key": {"meta": {"key": "mark"}}, "value": 6}}""";
    private const string ToR = """{"jump": {"target": "r"}}""";

    private static string To(int port) => $$$"""{"redirect": {"port": {{{port}}} }}""";

    private static TraceOutcome In(Packet packet, params string[] objects) => new PacketTracer(Of(packet.Family, Text(objects)), World.Pod).Inbound(packet);

    private static TraceOutcome Out(Packet packet, params string[] objects) => new PacketTracer(Of(packet.Family, Text(objects)), World.Pod).Outbound(packet);

    private static bool Passes(Packet packet, params string[] rules) => new PacketTracer(Input(packet.Family, rules), World.Pod).Inbound(packet) is TraceOutcome.Delivered;

    private static ushort Port(TraceOutcome outcome) => Assert.IsType<TraceOutcome.Delivered>(outcome).Port;

    [Fact]
    public void Accept_ends_its_base_chain_only_and_drop_ends_all()
    {
        string[] first = [Table("inet", "t"), Base("inet", "t", "a", "filter", "input", -10), Base("inet", "t", "b", "filter", "input", 10)];

        Assert.IsType<TraceOutcome.Dropped>(In(World.In(80), [.. first, Rule("inet", "t", "a", Accept), Rule("inet", "t", "b", Drop)]));
        Assert.IsType<TraceOutcome.Dropped>(In(World.In(80), [.. first, Rule("inet", "t", "a", Drop), Rule("inet", "t", "b", Accept)]));
    }

    [Fact]
    public void The_policy_of_each_base_chain_counts() =>
        Assert.IsType<TraceOutcome.Dropped>(In(World.In(80), Table("inet", "t"), Base("inet", "t", "a", "filter", "input", 0), Base("inet", "t", "b", "filter", "input", 1, "drop")));

    [Fact]
    public void Of_two_chains_with_one_priority_the_one_made_last_comes_first()
    {
        string[] tables = [Table("inet", "a"), Base("inet", "a", "c", "filter", "input", 0), Table("inet", "b"), Base("inet", "b", "c", "filter", "input", 0)];

        Assert.IsType<TraceOutcome.Dropped>(In(World.In(80), [.. tables, Rule("inet", "a", "c", MarkIs5, Drop), Rule("inet", "b", "c", SetMark5)]));
        Assert.IsType<TraceOutcome.Delivered>(In(World.In(80), [.. tables, Rule("inet", "b", "c", MarkIs5, Drop), Rule("inet", "a", "c", SetMark5)]));
    }

    [Theory]
    [InlineData(-101, 80)]
    [InlineData(-99, 81)]
    public void Nat_happens_at_its_fixed_place_whatever_the_priority_of_its_chain(int priority, int seen)
    {
        TraceOutcome outcome = In(
            World.In(80), Table("inet", "t"), Base("inet", "t", "nat", "nat", "prerouting", 50), Rule("inet", "t", "nat", To(81)),
            Base("inet", "t", "look", "filter", "prerouting", priority), Rule("inet", "t", "look", Match(Payload("tcp", "dport"), $"{seen}"), Drop));

        Assert.IsType<TraceOutcome.Dropped>(outcome);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Nats_place_at_every_hook_was_made_with_the_first_nat_chain_of_any_hook(bool earlier)
    {
        // Of two with the same priority the one made last comes first.
        string[] output = earlier ? [Base("inet", "t", "out", "nat", "output", -100)] : [];
        TraceOutcome outcome = In(
            World.In(80),
            [
                Table("inet", "t"), .. output,
                Base("inet", "t", "look", "filter", "prerouting", -100), Rule("inet", "t", "look", Match(Payload("tcp", "dport"), "81"), Drop),
                Base("inet", "t", "nat", "nat", "prerouting", -100), Rule("inet", "t", "nat", To(81)),
            ]);

        Assert.IsType(earlier ? typeof(TraceOutcome.Delivered) : typeof(TraceOutcome.Dropped), outcome);
    }

    [Fact]
    public void The_first_chain_that_translates_ends_nat_and_accept_does_not()
    {
        string[] chains = [Table("inet", "t"), Base("inet", "t", "a", "nat", "prerouting", 1), Base("inet", "t", "b", "nat", "prerouting", 2)];

        Assert.Equal(1001, Port(In(World.In(80), [.. chains, Rule("inet", "t", "a", To(1001)), Rule("inet", "t", "b", To(1002))])));
        Assert.Equal(1002, Port(In(World.In(80), [.. chains, Rule("inet", "t", "a", Accept), Rule("inet", "t", "b", To(1002))])));
    }

    [Theory]
    [InlineData(-201, false)]
    [InlineData(-199, true)]
    public void Before_conntrack_a_packet_has_no_connection(int priority, bool isNew) => Assert.Equal(
        isNew,
        In(World.In(80), Table("inet", "t"), Base("inet", "t", "c", "filter", "prerouting", priority), Rule("inet", "t", "c", Match(Ct("state"), "\"new\""), Drop)) is TraceOutcome.Dropped);

    [Fact]
    public void A_dormant_table_is_not_called()
    {
        const string Dormant = """{"table": {"family": "inet", "name": "t", "flags": "dormant"}}""";

        Assert.IsType<TraceOutcome.Delivered>(In(World.In(80), Dormant, Base("inet", "t", "c", "filter", "input", 0, "drop")));
    }

    [Fact]
    public void What_a_device_hook_does_is_undecided()
    {
        string[] ingress = [Table("inet", "t"), Base("inet", "t", "c", "filter", "ingress", 0)];

        Assert.IsType<TraceOutcome.Undecided>(In(World.In(80), [.. ingress, Rule("inet", "t", "c", Match(Payload("tcp", "dport"), "80"), Drop)]));
        Assert.IsType<TraceOutcome.Delivered>(In(World.In(81), [.. ingress, Rule("inet", "t", "c", Match(Payload("tcp", "dport"), "80"), Drop)]));
    }

    [Fact]
    public void A_packet_without_a_socket_fits_no_comparison_of_its_owner()
    {
        Assert.True(Passes(World.In(80), $"{Match(Meta("skuid"), "0", "!=")}, {Drop}"));
        string[] output = [Table("inet", "t"), Base("inet", "t", "c", "filter", "output", 0), Rule("inet", "t", "c", Match(Meta("skuid"), "1337", "!="), Drop)];
        Assert.IsType<TraceOutcome.Dropped>(Out(World.Out(World.App, "8.8.8.8", 80), output));
        Assert.IsType<TraceOutcome.Sent>(Out(World.Out(World.Proxy, "8.8.8.8", 80), output));
    }

    [Fact]
    public void A_rule_looks_at_the_packet_once_before_it_changes_it()
    {
        // Were its parts rules of their own, the second would see another mark.
        string rule = $"{Match(Meta("mark"), "0")}, {SetMark5}, {Drop}";

        Assert.False(Passes(World.In(80), rule));
    }

    [Fact]
    public void Transport_bytes_of_a_protocol_without_ports_are_unknown()
    {
        string rule = $"{Match(Payload("th", "dport"), "80")}, {Drop}";
        Packet ping = World.In(0) with { Protocol = IpProtocol.Icmp, IcmpType = 8 };

        Assert.False(Passes(World.In(80), rule));
        Assert.True(Passes(World.In(81), rule));
        Assert.IsType<TraceOutcome.Undecided>(new PacketTracer(Input(IpFamily.IPv4, rule), World.Pod).Inbound(ping));
    }

    [Theory]
    [InlineData(22, false)]
    [InlineData(23, true)]
    [InlineData(3000, false)]
    [InlineData(3001, true)]
    public void A_verdict_map_gives_each_key_its_verdict(ushort port, bool passes)
    {
        string map = $$"""{"vmap": {"key": {{Payload("tcp", "dport")}}, "data": {"set": [[22, {{Drop}}], [23, {{Accept}}], [{"range": [24, 3000]}, {"goto": {"target": "r"} }]] } } }""";
        Ruleset ruleset = Of(IpFamily.IPv4, Text(
            Table("inet", "t"), Base("inet", "t", "in", "filter", "input", 0), Chain("inet", "t", "r"), Rule("inet", "t", "in", map), Rule("inet", "t", "r", Drop)));

        Assert.Equal(passes, new PacketTracer(ruleset, World.Pod).Inbound(World.In(port)) is TraceOutcome.Delivered);
    }

    [Theory]
    [InlineData(22, true)]
    [InlineData(23, false)]
    public void The_catch_all_of_a_map_is_for_keys_that_are_not_in_it(ushort port, bool passes)
    {
        // The chain that 22 calls returns; the catch-all is still not for it.
        string map = $$"""{"vmap": {"key": {{Payload("tcp", "dport")}}, "data": {"set": [["*", {{Drop}}], [22, {{ToR}}]] } } }""";

        Assert.Equal(passes, Passes(World.In(port), map));
    }

    [Theory]
    [InlineData("jump")]
    [InlineData("goto")]
    public void A_map_whose_key_a_called_chain_may_change_is_followed_only_where_that_is_no_matter(string how)
    {
        string map = $$$"""{"vmap": {"key": {{{Meta("mark")}}}, "data": {"set": [[0, {"{{{how}}}": {"target": "r"}}], [6, {{{Drop}}}]] } } }""";
        Ruleset ruleset = Of(IpFamily.IPv4, Text(
            Table("inet", "t"), Base("inet", "t", "in", "filter", "input", 0), Chain("inet", "t", "r"), Rule("inet", "t", "in", map), Rule("inet", "t", "r", SetMark6)));

        TraceOutcome outcome = new PacketTracer(ruleset, World.Pod).Inbound(World.In(80));

        Assert.IsType(how == "jump" ? typeof(TraceOutcome.Undecided) : typeof(TraceOutcome.Delivered), outcome);
    }

    [Fact]
    public void A_concatenated_key_needs_all_of_its_parts()
    {
        string map = $$"""{"vmap": {"key": {"concat": [{{Payload("ip", "saddr")}}, {{Payload("tcp", "dport")}}]}, "data": {"set": [[{"concat": ["10.244.7.9", 80]}, {{Drop}}]] } } }""";

        Assert.False(Passes(World.In(80), map));
        Assert.True(Passes(World.In(81), map));
    }

    [Theory]
    [InlineData("", true)]
    [InlineData(""" "flags": ["dynamic"], """, null)]
    [InlineData(""" "timeout": 60, """, null)]
    public void A_named_set_says_what_is_in_it_unless_packets_or_time_change_it(string flags, bool? decided)
    {
        string set = $$$"""{"set": {"family": "inet", "name": "s", "table": "t", "type": "ipv4_addr", {{{flags}}} "elem": ["1.1.1.1", {"elem": {"val": {"prefix": {"addr": "10.244.7.0", "len": 24}}, "comment": "here"}}]}}""";
        TraceOutcome outcome = In(
            World.In(80), Table("inet", "t"), set, Base("inet", "t", "in", "filter", "input", 0), Rule("inet", "t", "in", Match(Payload("ip", "saddr"), "\"@s\""), Drop));

        Assert.IsType(decided is null ? typeof(TraceOutcome.Undecided) : typeof(TraceOutcome.Dropped), outcome);
    }

    [Fact]
    public void The_mark_of_a_connection_that_is_not_tracked_ends_the_rule()
    {
        string[] objects =
        [
            Table("inet", "t"), Base("inet", "t", "raw", "filter", "prerouting", -300), Rule("inet", "t", "raw", Match(Payload("tcp", "dport"), "80"), """{"notrack": null}"""),
            Base("inet", "t", "in", "filter", "input", 0), Rule("inet", "t", "in", """{"mangle": {"key": {"meta": {"key": "mark"}}, "value": {"ct": {"key": "mark"}}}}""", Drop),
        ];

        Assert.IsType<TraceOutcome.Delivered>(In(World.In(80), objects));
        Assert.IsType<TraceOutcome.Dropped>(In(World.In(81), objects));
    }

    [Fact]
    public void Tproxy_lets_the_rule_go_on()
    {
        string[] objects =
        [
            Table("inet", "t"), Base("inet", "t", "pre", "filter", "prerouting", -150),
            Rule("inet", "t", "pre", Match(Payload("tcp", "dport"), "80"), """{"tproxy": {"family": "ip", "port": 15006}}""", SetMark5, Accept),
            Rule("inet", "t", "pre", Match(Payload("tcp", "dport"), "80"), Drop),
            Base("inet", "t", "in", "filter", "input", 0), Rule("inet", "t", "in", MarkIs5, Accept), Rule("inet", "t", "in", Drop),
        ];

        Assert.Equal(15006, Port(In(World.In(80), objects)));
    }

    [Fact]
    public void Two_tables_of_one_name_are_two_tables()
    {
        string[] objects =
        [
            Table("ip", "t"), Chain("ip", "t", "r"), Base("ip", "t", "in", "filter", "input", 0), Rule("ip", "t", "in", ToR), Rule("ip", "t", "r", Match(Payload("tcp", "dport"), "80"), Drop),
            Table("inet", "t"), Chain("inet", "t", "r"), Base("inet", "t", "in", "filter", "input", 1), Rule("inet", "t", "in", ToR), Rule("inet", "t", "r", Match(Payload("tcp", "dport"), "81"), Drop),
        ];

        Assert.Equal([false, false, true], new ushort[] { 80, 81, 82 }.Select(port => In(World.In(port), objects) is TraceOutcome.Delivered));
    }
}
