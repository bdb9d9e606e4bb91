using System.Text;
using CsCheck;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Parsing;
using IstioAdmin.Iptables.Parsing.Nftables;
using IstioAdmin.Iptables.Tracing;
using IstioAdmin.Testing;

namespace IstioAdmin.Kernel.Tests.Nftables;

/// <summary>
/// The kernel counts in each rule the packets that fit it. After one SYN to localhost through random base chains, the rules that have
/// counted it are those that the trace says it fits: order of the chains, verdicts, NAT and conntrack's place are all in that.
/// </summary>
public sealed class RuleCounterTests
{
    [Fact]
    public async Task The_rules_that_count_a_packet_are_those_that_its_trace_fits()
    {
        await Testbed.RequireKernelAsync();
        int counted = 0;
        Rules.Sample(
            rules =>
            {
                // The answer to the SYN would be counted as well. A socket sends it again after a second; it is closed by then.
                const string Quiet = "table inet quiet {\n chain output { type filter hook output priority -500; tcp flags syn counter\n tcp flags rst counter drop\n }\n}\n";
                // A shell that was slow has sent none, and is asked again.
                const string Send = "while nft list chain inet quiet output | grep -q 'syn counter packets 0 '; do timeout 0.1 bash -c ': < /dev/tcp/127.0.0.1/80' 2>/dev/null || true; done";
                string listing = Netns.Run($"ip link set lo up; nft -f -; {Send}; nft -j list ruleset", Quiet + rules);
                ParseResult result = NftablesJson.Parse(listing);
                Assert.Empty(result.Errors);
                Ruleset ruleset = Assert.Single(result.Rulesets, r => r.Family == IpFamily.IPv4);
                UInt128 localhost = TracedPod.Address("127.0.0.1", IpFamily.IPv4);
                var syn = new Packet { Source = localhost, SourcePort = 40000, Destination = localhost, DestinationPort = 80, Owner = new PacketOwner(0, 0) };
                var path = new List<TraceStep>();
                TraceOutcome outcome = new PacketTracer(ruleset, TracedPod.Host).Outbound(syn, path);

                Assert.IsNotType<TraceOutcome.Undecided>(outcome);
                var fitting = path.Where(step => step.Matched == true && step.Rule is not null).Select(step => step.Rule!).ToHashSet<Rule>(ReferenceEqualityComparer.Instance);
                foreach (Rule rule in ruleset.Tables.Where(table => table.Name != "quiet").SelectMany(table => table.Chains).SelectMany(chain => chain.Rules))
                {
                    bool kernel = rule.Counters!.Value.Packets > 0;
                    Assert.True(kernel == fitting.Contains(rule), $"{rule} counted {rule.Counters.Value.Packets}\ntraced: {outcome}\n{rules}");
                    counted += kernel ? 1 : 0;
                }
            },
            iter: 60,
            threads: 1);
        Assert.NotEqual(0, counted);
    }

    private static Gen<string> Pick(params string[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static Gen<string> Condition { get; } = Pick(
        "", "", "tcp dport 80", "tcp dport 1001", "tcp dport != { 80, 90-99 }", "meta mark 0", "meta mark 1", "meta mark & 2 != 0", "ct state new", "ct state invalid", "ct state untracked",
        "ct status dnat", "ct status ! dnat", "ct mark != 7", "oifname lo", "iifname != lo", "meta skuid 0", "meta skuid != 1337", "meta skgid < 10", "ip daddr 127.0.0.0/8", "ip6 daddr ::1",
        "fib daddr type local", "meta l4proto { tcp, udp }", "th dport 80", "tcp flags syn");

    private static Gen<string> Statement(string type) => type switch
    {
        "nat" => Pick("", "", "return", "accept", "meta mark set 1", "meta l4proto tcp redirect to :1001", "meta l4proto tcp redirect to :80"),
        // The kernel takes no redirect there, and a namespace without addresses has none to masquerade with.
        "source" => Pick("", "return", "accept", "meta mark set 1", "snat ip to 127.0.0.1"),
        "raw" => Pick("", "", "notrack", "accept", "meta mark set 2"),
        "last" => Pick("", "accept", "drop", "return"),
        _ => Pick("", "", "accept", "return", "jump user", "goto user", "meta mark set 1", "meta mark set meta mark xor 3", "ct mark set 7 accept", CopyMark),
    };

    // Without a conntrack entry the rule ends here, and so does what it counts.
    private const string CopyMark = "meta mark set ct mark counter accept";

    private static Gen<string> Rule(string type) => Gen.Select(Condition, Statement(type)).Select((condition, statement) =>
        statement == CopyMark ? $"  {condition} {statement}\n"
        : statement.StartsWith("meta l4proto tcp ", StringComparison.Ordinal)
        ? $"  meta l4proto tcp {condition} counter {statement["meta l4proto tcp ".Length..]}\n"
        : $"  {(statement.StartsWith("snat", StringComparison.Ordinal) ? "" : condition)} counter {statement}\n");

    private static Gen<string> Chain(string name, string type, string hook, int from, int to) =>
        Gen.Select(Gen.Int[from, to], Rule(type).Array[0, 3]).Select((priority, rules) => new StringBuilder()
            .Append($" chain {name} {{ type {(type is "raw" or "last" ? "filter" : type == "source" ? "nat" : type)} hook {hook} priority {priority};\n").AppendJoin("", rules).Append(" }\n").ToString());

    private static Gen<string> Table(string name) => Gen.Select(
        Gen.Select(Chain("o1", "filter", "output", -103, -97), Chain("o2", "route", "output", -152, -148), Chain("o3", "raw", "output", -301, -299), Chain("o4", "nat", "output", -2, 2), Chain("o5", "nat", "output", -2, 2)),
        Gen.Select(Chain("s1", "filter", "postrouting", 98, 102), Chain("s2", "source", "postrouting", -1, 1)),
        Gen.Select(Chain("p1", "raw", "prerouting", -301, -299), Chain("p2", "filter", "prerouting", -1, 1), Chain("p3", "nat", "prerouting", -1, 1)),
        Gen.Select(Chain("i1", "last", "input", -1, 1), Chain("i2", "last", "input", -1, 1)),
        Rule("last").Array[0, 2]).Select((o, s, p, i, user) =>
            $"table inet {name} {{\n chain user {{\n{string.Concat(user)} }}\n{o.Item1}{o.Item2}{o.Item3}{o.Item4}{o.Item5}{s.Item1}{s.Item2}{p.Item1}{p.Item2}{p.Item3}{i.Item1}{i.Item2}}}\n");

    private static Gen<string> Rules { get; } = Gen.Select(Table("one"), Table("two")).Select((one, two) => one + two);
}
