using System.Diagnostics.CodeAnalysis;
using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Tracing;

/// <summary>Finds the place of a rule, for telling people which rule it was.</summary>
public sealed class RuleIndex
{
    private readonly Dictionary<Rule, RuleLocation> _locations = new(ReferenceEqualityComparer.Instance);

    /// <summary>Notes the place of every rule of a ruleset.</summary>
    public RuleIndex(Ruleset ruleset)
    {
        foreach (Table table in ruleset.Tables)
        {
            foreach (Chain chain in table.Chains)
            {
                for (int i = 0; i < chain.Rules.Count; i++)
                    _locations[chain.Rules[i]] = new RuleLocation(table.Name, chain.Name, i + 1, chain.Rules[i]);
            }
        }
    }

    /// <summary>The place of a rule of the ruleset.</summary>
    [return: NotNullIfNotNull(nameof(rule))]
    public RuleLocation? Find(Rule? rule) => rule is null ? null : _locations[rule];
}

/// <summary>A rule and where it stands.</summary>
/// <param name="Table">Its table.</param>
/// <param name="Chain">Its chain.</param>
/// <param name="Number">Its number in the chain, from 1, as <c>iptables -L --line-numbers</c> counts.</param>
/// <param name="Rule">The rule.</param>
public sealed record RuleLocation(string Table, string Chain, int Number, Rule Rule)
{
    /// <summary>The place and the rule in words.</summary>
    public override string ToString() => $"rule {Number} of {Chain} in table {Table}: {Rule}";
}
