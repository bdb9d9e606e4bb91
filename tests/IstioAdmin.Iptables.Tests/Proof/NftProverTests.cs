using CsCheck;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Proof;
using IstioAdmin.Iptables.Tracing;
using static IstioAdmin.Iptables.Tests.Parsing.Nftables.Listing;

namespace IstioAdmin.Iptables.Tests.Proof;

/// <summary>As <see cref="ProverAgainstTracerTests"/>, with rulesets that only nft has: several base chains at a hook, sets, maps, rules that do several things.</summary>
public sealed class NftProverTests
{
    private const int PacketsPerRuleset = 100;

    [Theory]
    [InlineData(IpFamily.IPv4, false)]
    [InlineData(IpFamily.IPv4, true)]
    [InlineData(IpFamily.IPv6, false)]
    [InlineData(IpFamily.IPv6, true)]
    public void A_packet_is_in_the_proven_set_exactly_when_its_trace_has_that_outcome(IpFamily family, bool outbound) =>
        Gen.Select(Ruleset, RandomWorld.Packet(family, outbound).Array[PacketsPerRuleset]).Sample(
            (text, packets) =>
            {
                Ruleset ruleset = Of(family, text);
                var tracer = new PacketTracer(ruleset, Tracing.World.Pod);
                IReadOnlyList<ProvenOutcome> proven = new RulesetProver(ruleset, Tracing.World.Pod).Prove(new PacketQuery { InInterface = outbound ? null : "eth0" });
                foreach (Packet packet in packets)
                    ProverAgainstTracerTests.Agrees(packet, outbound ? tracer.Outbound(packet) : tracer.Inbound(packet), proven);
            },
            iter: 150);

    private static Gen<string> Pick(params string[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static Gen<string> Op { get; } = Pick("==", "==", "!=");

    private static Gen<string> Numbers { get; } = Pick("0", "80", "1337", """{"range": [1, 1024]}""", """{"set": [22, 80, {"range": [1000, 1337]}]}""", """{"set": [0, 65535]}""");

    private static Gen<string> Address { get; } = Gen.OneOf(
        Gen.Select(Op, Pick("saddr", "daddr"), Pick("\"10.244.7.5\"", """{"prefix": {"addr": "10.244.7.0", "len": 24}}""", """{"set": ["127.0.0.1", {"range": ["10.244.7.0", "10.96.0.1"]}]}""", "\"@four\""))
            .Select((op, field, value) => Match(Payload("ip", field), value, op)),
        Gen.Select(Op, Pick("saddr", "daddr"), Pick("\"fd00::5\"", """{"prefix": {"addr": "fd00::", "len": 64}}""", """{"set": ["::1", {"range": ["::", "fd00::5"]}]}"""))
            .Select((op, field, value) => Match(Payload("ip6", field), value, op)));

    private static Gen<string> Condition { get; } = Gen.OneOf(
        Address,
        Gen.Select(Op, Pick("tcp", "udp", "th"), Pick("sport", "dport"), Numbers).Select((op, protocol, field, value) => Match(Payload(protocol, field), value, op)),
        Gen.Select(Op, Pick("skuid", "skgid", "mark"), Numbers).Select((op, key, value) => Match(Meta(key), value, op)),
        Gen.Select(Pick("<", ">", "<=", ">="), Pick("skuid", "mark"), Pick("0", "1337", "4294967295")).Select((op, key, value) => Match(Meta(key), value, op)),
        Gen.Select(Op, Numbers).Select((op, value) => Match(Ct("mark"), value, op)),
        Gen.Select(Op, Pick("\"new\"", """{"set": ["new", "invalid"]}""", "\"untracked\"")).Select((op, value) => Match(Ct("state"), value, op)),
        Gen.Select(Pick("in", "!"), Pick("\"dnat\"", "\"snat\"")).Select((op, value) => Match(Ct("status"), value, op)),
        Gen.Select(Op, Pick("iifname", "oifname"), Pick("\"lo\"", "\"eth*\"", """{"set": ["lo", "eth0"]}""")).Select((op, key, value) => Match(Meta(key), value, op)),
        Gen.Select(Op, Pick("\"tcp\"", """{"set": ["tcp", "udp"]}""")).Select((op, value) => Match(Meta("l4proto"), value, op)),
        Gen.Select(Op, Pick("icmp", "icmpv6"), Pick("type", "code"), Pick("0", "8", """{"set": [0, 3]}""")).Select((op, protocol, field, value) => Match(Payload(protocol, field), value, op)),
        Gen.Const(Match("""{"fib": {"result": "type", "flags": ["daddr"]}}""", "\"local\"")),
        Gen.Const("""{"xt": {"type": "match", "name": "owner"}}"""));

    private static Gen<string> Change { get; } = Pick(
        """{"mangle": {"key": {"meta": {"key": "mark"}}, "value": 1337}}""",
        """{"mangle": {"key": {"meta": {"key": "mark"}}, "value": {"^": [{"meta": {"key": "mark"}}, 80]}}}""",
        """{"mangle": {"key": {"ct": {"key": "mark"}}, "value": {"meta": {"key": "mark"}}}}""",
        """{"mangle": {"key": {"meta": {"key": "mark"}}, "value": {"|": [{"ct": {"key": "mark"}}, 1]}}}""",
        """{"counter": {"packets": 0, "bytes": 0}}""");

    private static Gen<string> Statements(string type, string callee)
    {
        Gen<string> verdict = Pick(Accept, """{"return": null}""", """{"continue": null}""", $$$"""{"jump": {"target": "{{{callee}}}"}}""", $$$"""{"goto": {"target": "{{{callee}}}"}}""");
        string map = $$$"""{"vmap": {"key": {{{Payload("tcp", "dport")}}}, "data": {"set": [[80, {{{Accept}}}], [{"range": [1000, 2000]}, {"jump": {"target": "{{{callee}}}"}}], ["*", {"return": null}]] } } }""";
        Gen<string> more = type switch
        {
            "nat" => Gen.Select(Pick("tcp", "udp"), Pick("""{"redirect": {"port": 15001}}""", """{"redirect": {"port": {"range": [80, 1024]}}}""", """{"dnat": {"family": "ip", "addr": "10.96.0.1"}}""", """{"masquerade": null}"""))
                .Select((protocol, statement) => $"{Match(Meta("l4proto"), $"\"{protocol}\"")}, {statement}"),
            "raw" => Pick("""{"notrack": null}""", Drop),
            _ => Gen.Select(Change, Change, Pick(Drop, Accept, """{"tproxy": {"port": 15006}}""", """{"reject": {"type": "tcp reset"}}""")).Select((a, b, c) => $"{a}, {b}, {c}"),
        };
        return Gen.OneOf(verdict, Change, Gen.Const(map), more, more);
    }

    private static Gen<string[]> BaseChain(string name, string type, string hook, int from, int to) => Gen.Select(
        Gen.Int[from, to].Select(priority => Base("inet", "t", name, type == "raw" ? "filter" : type, hook, priority)),
        Rules(name, type, "a").Array[0, 3]).Select((chain, rules) => (string[])[chain, .. rules]);

    private static Gen<string> Rules(string chain, string type, string callee) =>
        Gen.Select(Condition.Array[0, 2], Statements(type, callee)).Select((conditions, statements) => Rule("inet", "t", chain, [.. conditions, statements]));

    private static Gen<string> Ruleset { get; } = Gen.Select(
        Gen.Select(BaseChain("p0", "raw", "prerouting", -310, -201), BaseChain("o0", "raw", "output", -310, -201)),
        Gen.Select(BaseChain("p1", "filter", "prerouting", -199, 0), BaseChain("o1", "route", "output", -199, 0), BaseChain("i1", "filter", "input", -5, 105), BaseChain("s1", "filter", "postrouting", -5, 105)),
        Gen.Select(BaseChain("pn1", "nat", "prerouting", -105, -95), BaseChain("pn2", "nat", "prerouting", -105, -95), BaseChain("on1", "nat", "output", -105, -95), BaseChain("on2", "nat", "output", -105, -95)),
        Rules("a", "filter", "b").Array[0, 2],
        Rules("b", "filter", "none").Array[0, 1]).Select((raw, filter, nat, a, b) => Text(
        [
            Table("inet", "t"), """{"set": {"family": "inet", "name": "four", "table": "t", "type": "ipv4_addr", "elem": ["10.96.0.1", "127.0.0.2"]}}""",
            Chain("inet", "t", "a"), Chain("inet", "t", "b"),
            .. raw.Item1, .. raw.Item2, .. filter.Item1, .. filter.Item2, .. filter.Item3, .. filter.Item4, .. nat.Item1, .. nat.Item2, .. nat.Item3, .. nat.Item4, .. a, .. b,
        ]));
}
