using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Model.Matches;
using IstioAdmin.Iptables.Model.Targets;

namespace IstioAdmin.Iptables.Parsing.Nftables;

/// <summary>Turns a listed table into the model, as packets of one family meet it.</summary>
internal static class TableTranslator
{
    /// <summary>The table for one family.</summary>
    public static Table Translate(NftTable table, IpFamily family)
    {
        var rules = new RuleTranslator(table, family);
        return new Table { Name = table.Name, IsInet = table.Family == "inet", Chains = [.. table.Chains.Select(chain => Translate(chain, rules))] };
    }

    private static Chain Translate(NftChain chain, RuleTranslator rules)
    {
        var translated = new List<Rule>(chain.Rules.Count);
        foreach (NftRule rule in chain.Rules)
            rules.Translate(chain, rule, translated);
        ChainPolicy? policy = chain.Policy;
        if (chain.DeviceHook is { } hook)
        {
            // Which device a packet has there, and what it looks like, is not told: whatever the chain does to packets is unknown.
            var there = new UnknownMatch($"hook {hook}");
            translated = translated.ConvertAll(rule => rule with { Matches = [there, .. rule.Matches] });
            if (policy == ChainPolicy.Drop)
                translated.Add(new Rule { Chain = chain.Name, Matches = [there], Target = new DropTarget(), NftText = $"hook {hook} policy drop" });
            policy = ChainPolicy.Accept;
        }
        return new Chain { Name = chain.Name, Base = chain.Base, Policy = policy, Rules = translated };
    }
}
