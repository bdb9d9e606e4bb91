namespace IstioAdmin.Iptables.Model;

/// <summary>The tables of one packet family, as one back end holds them.</summary>
public sealed record Ruleset
{
    /// <summary>Family of the packets.</summary>
    public required IpFamily Family { get; init; }

    /// <summary>The kernel interface that holds it.</summary>
    public RulesetBackend Backend { get; init; }

    /// <summary>Whether the dump warned that the legacy tables hold rules as well, which it does not show.</summary>
    public bool OtherBackendPresent { get; init; }

    /// <summary>
    /// Whether it was read from nft's own listing: then the hooks call the chains that have a <see cref="Chain.Base"/>, whatever they
    /// are called, and two tables may have the same name, one of the family and one of both families.
    /// </summary>
    public bool IsNftListing { get; init; }

    /// <summary>Its tables in the order of the dump; a table that is missing lets everything pass.</summary>
    public IReadOnlyList<Table> Tables { get; init => field = Listable.Of(value); } = Array.Empty<Table>();

    /// <summary>How many lines of the dump could not be read: rules may be missing here that the kernel has.</summary>
    public int UnreadLines { get; init; }

    /// <summary>What is known to be missing here, each as a sentence; nothing can be proven of what is not shown.</summary>
    public IReadOnlyList<string> Gaps
    {
        get
        {
            var gaps = new List<string>();
            if (UnreadLines > 0)
                gaps.Add($"{UnreadLines} {(UnreadLines == 1 ? "line" : "lines")} of the dump could not be read.");
            if (OtherBackendPresent)
                gaps.Add($"The legacy tables hold rules as well, which the dump does not show; {(Family == IpFamily.IPv4 ? "iptables" : "ip6tables")}-legacy-save prints them.");
            return gaps;
        }
    }

    /// <summary>The ipsets that rules name, where their contents are known.</summary>
    public IReadOnlyList<IpSet> Sets { get; init => field = Listable.Of(value); } = Array.Empty<IpSet>();

    /// <summary>All rules in the order of the dump.</summary>
    public IReadOnlyList<Rule> Rules => Tables.SelectMany(table => table.Chains).SelectMany(chain => chain.Rules).ToArray();

    /// <summary>The first table of that name, or null.</summary>
    public Table? Find(string table) => Tables.FirstOrDefault(t => t.Name == table);

    /// <summary>Family and size.</summary>
    public override string ToString() => $"{Family}, {Rules.Count} rules in {string.Join(", ", Tables.Select(table => table.Name))}";
}
