namespace IstioAdmin.Iptables.Model;

/// <summary>How much a rule or a chain's policy has seen.</summary>
/// <param name="Packets">Packets.</param>
/// <param name="Bytes">Bytes.</param>
public readonly record struct RuleCounters(ulong Packets, ulong Bytes);
