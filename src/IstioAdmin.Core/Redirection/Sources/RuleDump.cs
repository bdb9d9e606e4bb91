using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Core.Redirection.Sources;

/// <summary>What one program printed about the rules of a pod.</summary>
/// <param name="Format">Which program's format it is.</param>
/// <param name="Family">The family; null for a listing of all.</param>
/// <param name="Text">The text, as it was printed.</param>
public sealed record RuleDump(RuleDumpFormat Format, IpFamily? Family, string Text);

/// <summary>The formats that rules are read in.</summary>
public enum RuleDumpFormat
{
    /// <summary>iptables-nft-save or ip6tables-nft-save.</summary>
    IptablesNft,

    /// <summary>iptables-legacy-save or ip6tables-legacy-save.</summary>
    IptablesLegacy,

    /// <summary>iptables-save of an unknown back end, or input of iptables-restore.</summary>
    Iptables,

    /// <summary><c>nft -j list ruleset</c>: all families, the tables of iptables-nft among them.</summary>
    NftJson,

    /// <summary><c>ipset save</c>.</summary>
    Ipset,
}
