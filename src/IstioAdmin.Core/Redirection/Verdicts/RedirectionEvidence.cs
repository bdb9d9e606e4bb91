using IstioAdmin.Core.Redirection.Sources;

namespace IstioAdmin.Core.Redirection.Verdicts;

/// <summary>What a verdict rests on.</summary>
/// <param name="Source">Where the rules were read.</param>
/// <param name="Reader">Who read them, in words.</param>
/// <param name="ReadAt">When.</param>
/// <param name="Backends">The back ends that hold rules; empty when none does.</param>
/// <param name="Privileges">The privileges that the reading used.</param>
/// <param name="Gaps">What could not be seen, each as a sentence.</param>
public sealed record RedirectionEvidence(
    RulesSource Source, string Reader, DateTimeOffset ReadAt, IReadOnlyList<string> Backends, IReadOnlyList<string> Privileges, IReadOnlyList<string> Gaps)
{
    /// <summary>Whether it tells what was written once instead of what is in force.</summary>
    public bool IsWeak => Source == RulesSource.InitLog;

    /// <summary>Source and back ends.</summary>
    public override string ToString() => Backends.Count == 0 ? $"{Source}, no rules" : $"{Source}, {string.Join(" and ", Backends)}";

    internal static RedirectionEvidence Of(PodRules rules, PodRulesets rulesets) =>
        new(rules.Source, rules.Reader, rules.ReadAt, rulesets.Backends, rules.Privileges, [.. rules.Gaps, .. rulesets.Gaps]);
}
