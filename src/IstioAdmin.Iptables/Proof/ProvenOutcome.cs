namespace IstioAdmin.Iptables.Proof;

/// <summary>An outcome and exactly the packets that come to it.</summary>
/// <param name="Outcome">The outcome.</param>
/// <param name="Packets">The packets, as they were sent.</param>
public sealed record ProvenOutcome(OutcomeClass Outcome, PacketSet Packets);
