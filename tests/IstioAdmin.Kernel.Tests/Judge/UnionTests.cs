using CsCheck;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Parsing;
using IstioAdmin.Iptables.Tracing;
using IstioAdmin.Testing;

namespace IstioAdmin.Kernel.Tests.Judge;

/// <summary>
/// iptables-nft and iptables-legacy both hold rules, and the kernel runs all of them. Which of two chains at one place comes first depends on
/// which was made first, so the kernel must do what the tracer says for one of the two orders of the joined rulesets.
/// </summary>
public sealed class UnionTests(ITestOutputHelper output)
{
    private const int PacketsPerRuleset = 40;
    private const int Rulesets = 96;

    [Theory]
    [InlineData(IpFamily.IPv4)]
    [InlineData(IpFamily.IPv6)]
    public async Task The_kernel_runs_the_rules_of_both_back_ends_as_the_joined_ruleset_says(IpFamily family)
    {
        await Testbed.RequireKernelAsync();
        Pools pools = Pools.Of(family);
        using var world = new KernelWorld(family, RulesetBackend.NfTables, forwards: false);
        Gen<string> dumps = Gen.Frequency((2, new RandomRules(pools, forwards: false).Dump), (2, new IstioShapes(pools).Dump));
        int same = 0, either = 0;

        Gen.Select(dumps, dumps, RandomPackets.Packet(pools, forwards: false).Array[PacketsPerRuleset]).Sample((nft, legacy, packets) =>
        {
            Ruleset one = Parse(nft, pools, RulesetBackend.NfTables), other = Parse(legacy, pools, RulesetBackend.Legacy);
            var orders = new Order[] { new(RulesetUnion.Of([one, other]), pools.Host(false)), new(RulesetUnion.Of([other, one]), pools.Host(false)) };
            world.Load(nft, RulesetBackend.NfTables);
            world.Load(legacy, RulesetBackend.Legacy);
            packets = [.. packets];
            Observation[] seen = world.Send(packets, TimeSpan.FromMilliseconds(15));
            for (int i = 0; i < packets.Length; i++)
            {
                int agree = Agreeing(orders, packets[i], seen[i]);
                if (agree == 0)
                {
                    // What came too late was taken for lost; sent again with another source port it is a first packet again.
                    SentPacket[] again = [packets[i] with { Packet = packets[i].Packet with { SourcePort = Pools.AnotherPort(packets[i].Packet.SourcePort, 1) } }];
                    Observation alone = world.Send(again, TimeSpan.FromMilliseconds(600))[0];
                    agree = Agreeing(orders, again[0], alone);
                    if (agree == 0)
                        throw new MismatchException($"{again[0]}\nkernel: {alone}\ntracer: {orders[0].Trace(again[0], [])} or {orders[1].Trace(again[0], [])}\n--- nft\n{nft}--- legacy\n{legacy}");
                }
                if (agree == 2)
                    same++;
                else
                    either++;
            }
        }, iter: Rulesets, threads: 1, print: _ => "");

        output.WriteLine($"{same} packets whatever the order, {either} in one order only");
        Assert.True(same > either, "In most cases the order should not matter.");
    }

    /// <summary>In how many orders the tracer says what the kernel did; one about which it cannot tell contradicts nothing.</summary>
    private static int Agreeing(Order[] orders, SentPacket packet, Observation seen) => orders.Count(order =>
    {
        var path = new List<TraceStep>();
        TraceOutcome traced = order.Trace(packet, path);
        return traced is TraceOutcome.Undecided || Verdict.Agrees(packet, traced, path, seen);
    });

    private static Ruleset Parse(string dump, Pools pools, RulesetBackend backend) =>
        Assert.Single(IptablesSave.Parse(dump, new ParseOptions { Family = pools.Family }).Rulesets) with { Backend = backend };

    private sealed class Order(Ruleset ruleset, TraceHost host)
    {
        private readonly PacketTracer _tracer = new(ruleset, host);

        public TraceOutcome Trace(SentPacket sent, List<TraceStep> path) => sent.From == Place.Pod ? _tracer.Outbound(sent.Packet, path) : _tracer.Inbound(sent.Packet, path);
    }
}
