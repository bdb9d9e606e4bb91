using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Tracing;

/// <summary>One step of a packet's way: a rule that was tried, or the policy at the end of a built-in chain.</summary>
/// <param name="Hook">Where in the packet path.</param>
/// <param name="Table">The table.</param>
/// <param name="Chain">The chain.</param>
/// <param name="Number">Number of the rule in its chain, from 1; 0 for the policy.</param>
/// <param name="Rule">The rule; null for the policy.</param>
/// <param name="Matched">Whether the packet fits; null when that cannot be told.</param>
public sealed record TraceStep(Hook Hook, string Table, string Chain, int Number, Rule? Rule, bool? Matched);
