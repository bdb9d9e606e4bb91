using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Core.Redirection.Sources.Node;

/// <summary>The programs that a reader has, as the script listed them.</summary>
internal sealed class NodeTools
{
    private static readonly string[] Always = ["nsenter", "grep", "ls"];

    private readonly HashSet<string> _names = [];

    private NodeTools()
    {
    }

    /// <summary>What plain <c>iptables-save</c> speaks; <see cref="RuleDumpFormat.Iptables"/> when there is none.</summary>
    public RuleDumpFormat Plain { get; private set; } = RuleDumpFormat.Iptables;

    /// <summary>Whether there is one.</summary>
    public bool Has(string name) => _names.Contains(name);

    /// <summary>Reads the list: a name a line, and <c>version</c> with what <c>iptables-save --version</c> prints.</summary>
    public static NodeTools Parse(string text)
    {
        var tools = new NodeTools();
        foreach (string line in text.Split('\n'))
        {
            if (!line.StartsWith("version ", StringComparison.Ordinal))
                tools._names.Add(line);
            // Before 1.8 there was but one back end and no word for it.
            else if (tools.Has("iptables-save"))
                tools.Plain = line.Contains("nf_tables", StringComparison.Ordinal) ? RuleDumpFormat.IptablesNft : RuleDumpFormat.IptablesLegacy;
        }
        return tools;
    }

    /// <summary>What a program prints; null for one that prints no rules.</summary>
    public (RuleDumpFormat Format, IpFamily? Family)? Output(string program) => program switch
    {
        "iptables-nft-save" => (RuleDumpFormat.IptablesNft, IpFamily.IPv4),
        "ip6tables-nft-save" => (RuleDumpFormat.IptablesNft, IpFamily.IPv6),
        "iptables-legacy-save" => (RuleDumpFormat.IptablesLegacy, IpFamily.IPv4),
        "ip6tables-legacy-save" => (RuleDumpFormat.IptablesLegacy, IpFamily.IPv6),
        "iptables-save" => (Plain, IpFamily.IPv4),
        "ip6tables-save" => (Plain, IpFamily.IPv6),
        "nft" => (RuleDumpFormat.NftJson, null),
        "ipset" => (RuleDumpFormat.Ipset, null),
        _ => null,
    };

    /// <summary>Programs without which nothing can be read at all.</summary>
    public IReadOnlyList<string> Missing()
    {
        List<string> missing = [.. Always.Where(name => !Has(name))];
        if (!Has("iptables-nft-save") && !Has("iptables-save") && !Has("nft"))
            missing.Add("iptables-save");
        return missing;
    }

    /// <summary>Whether rules of a family in nf_tables can be seen at all.</summary>
    public bool SeesNfTables(IpFamily family)
    {
        string name = family == IpFamily.IPv4 ? "iptables" : "ip6tables";
        return Has("nft") || Has($"{name}-nft-save") || (Plain == RuleDumpFormat.IptablesNft && Has($"{name}-save"));
    }

    /// <summary>Whether rules of a family in iptables-legacy can be seen.</summary>
    public bool SeesLegacy(IpFamily family)
    {
        string name = family == IpFamily.IPv4 ? "iptables" : "ip6tables";
        return Has($"{name}-legacy-save") || (Plain == RuleDumpFormat.IptablesLegacy && Has($"{name}-save"));
    }

    /// <summary>Sentences about what rules would not be seen.</summary>
    /// <param name="where">The reader, in words.</param>
    /// <param name="legacyTables">Families in which the pod has tables of iptables-legacy.</param>
    public IEnumerable<string> Gaps(string where, IReadOnlyCollection<IpFamily> legacyTables)
    {
        if (!Has("nft"))
            yield return $"There is no nft in {where}: native nftables rules would not be seen.";
        foreach ((IpFamily family, string name) in new[] { (IpFamily.IPv4, "iptables"), (IpFamily.IPv6, "ip6tables") })
        {
            bool plainIsNft = Plain == RuleDumpFormat.IptablesNft && Has($"{name}-save");
            if (!Has($"{name}-nft-save") && !plainIsNft)
                yield return $"There is no {name}-nft-save in {where}: rules of {name} in nf_tables are only seen as nft prints them.";
            if (legacyTables.Contains(family) && !SeesLegacy(family))
                yield return $"The pod has tables of {name}-legacy, and there is no {name}-legacy-save in {where}: their rules are not seen.";
        }
    }
}
