namespace IstioAdmin.Iptables.Model;

/// <summary>What a base chain is for (nft(8), section CHAINS).</summary>
public enum BaseChainType
{
    /// <summary>Sees every packet.</summary>
    Filter,

    /// <summary>Sees the first packet of a connection only, and may translate its addresses.</summary>
    Nat,

    /// <summary>Sees every packet that leaves a local process, and has it routed again when its mark changed.</summary>
    Route,
}

/// <summary>How the kernel calls a chain.</summary>
/// <param name="Type">What it is for.</param>
/// <param name="Hook">Where in the packet path.</param>
/// <param name="Priority">When, among the chains of the hook: the lowest first.</param>
public sealed record BaseChain(BaseChainType Type, Hook Hook, int Priority)
{
    /// <summary>
    /// The place among everything that the hook calls. For nat chains it is fixed whatever their priority, which orders them only
    /// among each other: the kernel calls all of them from one function (net/netfilter/nf_nat_core.c, nf_nat_register_fn).
    /// </summary>
    public int Place => Type != BaseChainType.Nat
        ? Priority
        : Hook is Hook.Prerouting or Hook.Output ? HookPriority.NatDestination : HookPriority.NatSource;

    /// <summary>
    /// How the kernel calls a chain of iptables' by its table and name; null for user chains. The back ends agree on all places but that of
    /// the security table: iptables-nft has it at 150, after source NAT (iptables 1.8.9, iptables/nft.c, xtables_ipv4).
    /// </summary>
    public static BaseChain? OfIptables(string table, string chain, RulesetBackend backend)
    {
        Hook? hook = chain switch
        {
            "PREROUTING" => Hook.Prerouting,
            "INPUT" => Hook.Input,
            "FORWARD" => Hook.Forward,
            "OUTPUT" => Hook.Output,
            "POSTROUTING" => Hook.Postrouting,
            _ => null,
        };
        if (hook is not { } at)
            return null;
        return (table, at) switch
        {
            ("raw", Hook.Prerouting or Hook.Output) => new(BaseChainType.Filter, at, HookPriority.Raw),
            ("mangle", Hook.Output) => new(BaseChainType.Route, at, HookPriority.Mangle),
            ("mangle", _) => new(BaseChainType.Filter, at, HookPriority.Mangle),
            ("nat", Hook.Prerouting or Hook.Output) => new(BaseChainType.Nat, at, HookPriority.NatDestination),
            ("nat", Hook.Input or Hook.Postrouting) => new(BaseChainType.Nat, at, HookPriority.NatSource),
            ("filter", Hook.Input or Hook.Forward or Hook.Output) => new(BaseChainType.Filter, at, HookPriority.Filter),
            ("security", Hook.Input or Hook.Forward or Hook.Output) => new(BaseChainType.Filter, at, backend == RulesetBackend.NfTables ? HookPriority.SecurityOfIptablesNft : HookPriority.Security),
            _ => null,
        };
    }
}

/// <summary>Priorities that the kernel's own parts have, the same in both families (include/uapi/linux/netfilter_ipv4.h).</summary>
public static class HookPriority
{
    /// <summary>The raw table.</summary>
    public const int Raw = -300;

    /// <summary>Connection tracking finds the packet's connection.</summary>
    public const int Conntrack = -200;

    /// <summary>The mangle table.</summary>
    public const int Mangle = -150;

    /// <summary>Destination NAT.</summary>
    public const int NatDestination = -100;

    /// <summary>The filter table.</summary>
    public const int Filter = 0;

    /// <summary>The security table.</summary>
    public const int Security = 50;

    /// <summary>The security table where iptables-nft made it.</summary>
    public const int SecurityOfIptablesNft = 150;

    /// <summary>Source NAT.</summary>
    public const int NatSource = 100;
}
