using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Model.Matches;
using IstioAdmin.Iptables.Model.Targets;

namespace IstioAdmin.Iptables.Printing;

/// <summary>Tells whether what was read from nft's listing can be said in iptables' words.</summary>
internal static class SaveForm
{
    /// <summary>The first thing that iptables has no words for, as a sentence; null when there is none.</summary>
    public static string? WhatLacksIt(Ruleset ruleset)
    {
        foreach (Table table in ruleset.Tables)
        {
            if (table.IsInet)
                return $"Table 'inet {table.Name}' is of both families; iptables' tables are of one.";
            foreach (Chain chain in table.Chains)
            {
                if (chain.Base != BaseChain.OfIptables(table.Name, chain.Name, RulesetBackend.NfTables))
                    return $"Chain '{chain.Name}' of table '{table.Name}' is not called as iptables' built-in chains are.";
                if (chain.Rules.FirstOrDefault(rule => !HasWords(rule)) is { } other)
                    return $"iptables has no words for the nft rule '{other}'.";
            }
        }
        return null;
    }

    private static bool HasWords(Rule rule) => rule.Matches.All(HasWords) && rule.Target switch
    {
        null or AcceptTarget or DropTarget or ReturnTarget or JumpTarget or GotoTarget => true,
        RedirectTarget or DnatTarget or SnatTarget or MasqueradeTarget or MarkTarget or ConnmarkTarget or ConntrackTarget => true,
        RejectTarget reject => reject.With.StartsWith("icmp-", StringComparison.Ordinal) || reject.With.StartsWith("icmp6-", StringComparison.Ordinal) || reject.With == "tcp-reset",
        TproxyTarget tproxy => !tproxy.GoesOn,
        _ => false,
    };

    private static bool HasWords(Match match) => match switch
    {
        // nft compares all eight bits of the flags, iptables six of them.
        TransportMatch { Flags: { } flags } => (flags.Value.Mask & ~TcpControlBits.All) == 0,
        UnknownMatch or NeverMatch or CommentMatch or ValueSetMatch or InterfaceSetMatch => false,
        _ => true,
    };
}
