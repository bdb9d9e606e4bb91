using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Tracing;

/// <summary>A chain that a hook calls.</summary>
/// <param name="Table">The table it stands in.</param>
/// <param name="Chain">The chain.</param>
/// <param name="Base">How it is called.</param>
internal sealed record PlacedChain(Table Table, Chain Chain, BaseChain Base)
{
    /// <summary>Whether it is called before conntrack has looked at the packet.</summary>
    public bool BeforeConntrack => Base.Place < HookPriority.Conntrack;

    /// <summary>Whether it translates addresses.</summary>
    public bool IsNat => Base.Type == BaseChainType.Nat;
}

/// <summary>Which chains a hook calls, and in which order.</summary>
internal static class HookOrder
{
    /// <summary>The five hooks.</summary>
    public static IReadOnlyList<Hook> Hooks { get; } = [Hook.Prerouting, Hook.Input, Hook.Forward, Hook.Output, Hook.Postrouting];

    /// <summary>
    /// The chains of a hook, the first one first. Of two with the same priority the one made last comes first
    /// (net/netfilter/core.c, nf_hook_entries_grow); a listing has them in the order in which they were made.
    /// </summary>
    public static PlacedChain[] Of(Ruleset ruleset, Hook hook)
    {
        PlacedChain[] listed =
        [
            .. from table in ruleset.Tables
               from chain in table.Chains
               let at = chain.Base ?? (ruleset.IsNftListing ? null : BaseChain.OfIptables(table.Name, chain.Name, ruleset.Backend))
               where at is not null
               select new PlacedChain(table, chain, at),
        ];
        // All nat chains are called from four places, one at each hook, which were made together with the first of them
        // (net/netfilter/nf_nat_core.c, nf_nat_register_fn).
        int nat = Array.FindIndex(listed, placed => placed.IsNat);
        return
        [
            .. listed
                .Select((placed, index) => (Placed: placed, Index: index))
                .Where(c => c.Placed.Base.Hook == hook)
                .OrderBy(c => c.Placed.Base.Place)
                .ThenByDescending(c => c.Placed.IsNat ? nat : c.Index)
                .ThenBy(c => c.Placed.Base.Priority)
                .ThenByDescending(c => c.Index)
                .Select(c => c.Placed),
        ];
    }
}
