namespace IstioAdmin.Iptables.Model;

/// <summary>
/// Joins what several back ends hold of the same host and family: the kernel calls the chains of iptables-nft, of iptables-legacy and of other
/// nftables tables alike, each at its hook and priority.
/// </summary>
public static class RulesetUnion
{
    /// <summary>
    /// Joins rulesets. Among chains of the same hook and priority the kernel calls those made last first, which no dump tells: the order
    /// of <paramref name="parts"/> stands for the order in which they were made. Where that could matter, ask both orders.
    /// </summary>
    /// <param name="parts">The rulesets, of one family; those of nft's listing without the tables that another part shows.</param>
    /// <exception cref="ArgumentException">There is no part, or they are of different families.</exception>
    public static Ruleset Of(IReadOnlyList<Ruleset> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        if (parts.Select(part => part.Family).Distinct().Count() != 1)
            throw new ArgumentException("Only rulesets of one family can be joined.", nameof(parts));
        bool legacyShown = parts.Any(part => part.Backend == RulesetBackend.Legacy);
        if (parts.Count == 1)
            return parts[0];
        return new Ruleset
        {
            Family = parts[0].Family,
            // The stricter reading where the back ends differ about one rule (KernelView).
            Backend = parts.Any(part => part.Backend == RulesetBackend.NfTables) ? RulesetBackend.NfTables : parts[0].Backend,
            IsNftListing = true,
            OtherBackendPresent = !legacyShown && parts.Any(part => part.OtherBackendPresent),
            UnreadLines = parts.Sum(part => part.UnreadLines),
            Tables = [.. parts.SelectMany(part => part.Tables.Select(table => Place(table, part)))],
            Sets = [.. parts.SelectMany(part => part.Sets).DistinctBy(set => set.Name)],
        };
    }

    /// <summary>Whether a ruleset does nothing to any packet: no rule, and every built-in chain accepts.</summary>
    public static bool IsInert(Ruleset ruleset)
    {
        ArgumentNullException.ThrowIfNull(ruleset);
        return ruleset.UnreadLines == 0 && ruleset.Tables.All(table => table.Chains.All(chain => chain.Rules.Count == 0 && chain.Policy != ChainPolicy.Drop));
    }

    private static Table Place(Table table, Ruleset part) => table with
    {
        Name = part.Backend == RulesetBackend.Legacy ? $"{table.Name} (legacy)" : table.Name,
        Chains = part.IsNftListing ? table.Chains : [.. table.Chains.Select(chain => chain with { Base = chain.Base ?? BaseChain.OfIptables(table.Name, chain.Name, part.Backend) })],
    };
}
