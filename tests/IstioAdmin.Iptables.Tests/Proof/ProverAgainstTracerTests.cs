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

    internal static void Agrees(Packet packet, TraceOutcome traced, IReadOnlyList<ProvenOutcome> proven)
    {
        UInt128[] values = PacketValues.Of(packet);
        ProvenOutcome[] holding = [.. proven.Where(outcome => outcome.Packets.Contains(values))];
        OutcomeClass actual = holding[0].Outcome;
        Assert.True(IsSame(packet, traced, actual), $"{packet}\ntraced: {traced}\nproven: {actual} port {actual.Port} address {actual.Address}");
    }

    private static bool IsSame(Packet packet, TraceOutcome traced, OutcomeClass proven) => traced switch
    {
        TraceOutcome.Delivered delivered => proven.Kind == (delivered.By is null ? OutcomeKind.Delivered : OutcomeKind.Redirected)
            && ReferenceEquals(proven.By, delivered.By) && GoesTo(packet, delivered.Address, delivered.Port, proven),
        TraceOutcome.Sent sent => proven.Kind == (sent.By is null ? OutcomeKind.Sent : OutcomeKind.SentElsewhere)
            && ReferenceEquals(proven.By, sent.By) && proven.Where == sent.Interface && GoesTo(packet, sent.Address, sent.Port, proven),
        TraceOutcome.Dropped dropped => proven.Kind == OutcomeKind.Dropped && ReferenceEquals(proven.By, dropped.By) && proven.Where == $"{dropped.Table} {dropped.Chain}",
        TraceOutcome.Rejected rejected => proven.Kind == OutcomeKind.Rejected && ReferenceEquals(proven.By, rejected.By) && proven.Where == rejected.With,
        // Which of several doubtful parts is named first may differ; the rule may not.
        TraceOutcome.Undecided undecided => proven.Kind == OutcomeKind.Undecided && ReferenceEquals(proven.By, undecided.By),
        _ => false,
    };

    private static bool GoesTo(Packet packet, UInt128 address, ushort port, OutcomeClass proven) =>
        (proven.Address is { } written ? written.Contains(address) : address == packet.Destination)
        && (proven.Port is { } ports ? ports.Contains(port) : port == packet.DestinationPort);
}
