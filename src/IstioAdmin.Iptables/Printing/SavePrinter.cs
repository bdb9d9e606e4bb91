using System.Globalization;
using System.Text;
using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Printing;

/// <summary>Prints rulesets in the form of <c>iptables-save</c>, which <c>iptables-restore</c> takes.</summary>
public static class SavePrinter
{
    /// <summary>Prints a ruleset, without the comment lines that carry a date.</summary>
    /// <param name="ruleset">The ruleset.</param>
    /// <param name="withCounters">Whether rules are printed with their counters, as <c>iptables-save -c</c> does.</param>
    /// <exception cref="NotSupportedException">The ruleset was read from nft's listing and has a chain or a rule that iptables has no words for.</exception>
    public static string Print(Ruleset ruleset, bool withCounters = false)
    {
        if (ruleset.IsNftListing && SaveForm.WhatLacksIt(ruleset) is { } problem)
            throw new NotSupportedException(problem);
        var text = new StringBuilder();
        foreach (Table table in ruleset.Tables)
            Append(text, table, withCounters);
        return text.ToString();
    }

    private static void Append(StringBuilder text, Table table, bool withCounters)
    {
        text.Append('*').Append(table.Name).Append('\n');
        foreach (Chain chain in table.Chains)
        {
            string policy = chain.Policy switch
            {
                ChainPolicy.Accept => "ACCEPT",
                ChainPolicy.Drop => "DROP",
                _ => "-",
            };
            RuleCounters counters = chain.Counters ?? default;
            text.Append(CultureInfo.InvariantCulture, $":{chain.Name} {policy} [{counters.Packets}:{counters.Bytes}]\n");
        }
        foreach (Chain chain in table.Chains)
        {
            foreach (Rule rule in chain.Rules)
            {
                if (withCounters)
                {
                    RuleCounters counters = rule.Counters ?? default;
                    text.Append(CultureInfo.InvariantCulture, $"[{counters.Packets}:{counters.Bytes}] ");
                }
                rule.AppendTo(text);
                text.Append('\n');
            }
        }
        text.Append("COMMIT\n");
    }
}
