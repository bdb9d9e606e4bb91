using CsCheck;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Proof;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Iptables.Tests.Proof;

/// <summary>
/// The prover and the tracer know the same semantics in two forms, one for sets and one for packets. For every random packet
/// exactly one proven outcome holds it, and it is the one that the tracer finds.
/// </summary>
public sealed class ProverAgainstTracerTests
{
    private const int PacketsPerRuleset = 200;

    [Theory]
    [InlineData(IpFamily.IPv4, false, ConnectionStates.New)]
    [InlineData(IpFamily.IPv4, true, ConnectionStates.New)]
    [InlineData(IpFamily.IPv6, false, ConnectionStates.New)]
    [InlineData(IpFamily.IPv6, true, ConnectionStates.New)]
    [InlineData(IpFamily.IPv4, false, ConnectionStates.Established)]
    [InlineData(IpFamily.IPv4, true, ConnectionStates.Invalid)]
    public void A_packet_is_in_the_proven_set_exactly_when_its_trace_has_that_outcome(IpFamily family, bool outbound, ConnectionStates state) =>
        Gen.Select(RandomWorld.Dump(family), RandomWorld.Packet(family, outbound).Array[PacketsPerRuleset]).Sample(
            (dump, packets) =>
            {
                Ruleset ruleset = Dump.Parse(dump, family);
                var tracer = new PacketTracer(ruleset, Tracing.World.Pod);
                IReadOnlyList<ProvenOutcome> proven = new RulesetProver(ruleset, Tracing.World.Pod)
                    .Prove(new PacketQuery { InInterface = outbound ? null : "eth0", State = state });
                foreach (Packet packet in packets.Select(p => p with { State = state }))
                    Agrees(packet, outbound ? tracer.Outbound(packet) : tracer.Inbound(packet), proven);
            },
            iter: Iterations);

    // A million packets in all, over the six cases.
    private static long Iterations => 840;

    private static void Agrees(Packet packet, TraceOutcome traced, IReadOnlyList<ProvenOutcome> proven)
    {
        UInt128[] values =
        [
            packet.Protocol.Number, packet.DestinationPort, packet.Destination, packet.Owner?.User ?? 0, packet.Owner?.Group ?? 0,
            packet.Source, packet.SourcePort, packet.IcmpType, packet.IcmpCode,
        ];
        ProvenOutcome[] holding = [.. proven.Where(outcome => outcome.Packets.Contains(values))];
        OutcomeClass expected = OutcomeClass.Of(traced);
        Assert.True(holding.Length == 1, $"{packet} is in {holding.Length} outcomes; traced: {traced}");
        OutcomeClass actual = holding[0].Outcome;
        // Which of several doubtful parts is named first may differ; the rule may not.
        bool same = expected.Kind == OutcomeKind.Undecided
            ? actual.Kind == OutcomeKind.Undecided && ReferenceEquals(actual.By, expected.By)
            : actual == expected;
        Assert.True(same, $"{packet}\ntraced: {expected}\nproven: {actual}");
    }
}
