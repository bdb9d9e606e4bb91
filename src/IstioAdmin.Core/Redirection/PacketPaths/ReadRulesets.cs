using IstioAdmin.Core.Redirection.Sources;
using IstioAdmin.Core.Redirection.Verdicts;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Proof.Escapes;

namespace IstioAdmin.Core.Redirection.PacketPaths;

/// <summary>The rules of a pod's family that a packet meets, from what was read.</summary>
internal static class ReadRulesets
{
    /// <summary>
    /// All that is in force, of every back end, joined; two where nothing tells in which order the kernel calls them, and none without any
    /// rule. Each call reads anew, for a listing that was read before has the counters of then.
    /// </summary>
    public static IReadOnlyList<Ruleset> Of(PodRules rules, IpFamily family) =>
        [.. new PodRulesetReader(new EscapeCache()).Read(rules.Dumps).ByFamily[family].Where(ruleset => !RulesetUnion.IsInert(ruleset))];
}
