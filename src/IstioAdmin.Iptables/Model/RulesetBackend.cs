namespace IstioAdmin.Iptables.Model;

/// <summary>The kernel interface that holds a ruleset. Both can be in force at once, each with its own rules.</summary>
public enum RulesetBackend
{
    /// <summary>The text does not tell.</summary>
    Unknown,

    /// <summary>x_tables, as iptables-legacy uses it.</summary>
    Legacy,

    /// <summary>nf_tables through iptables-nft's compatibility layer.</summary>
    NfTables,
}
