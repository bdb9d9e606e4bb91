using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Sources;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Parsing;
using IstioAdmin.Iptables.Parsing.Nftables;

namespace IstioAdmin.Core.Redirection.Verdicts;

/// <summary>The rules of one family and back end that were read out of a pod.</summary>
public sealed record PodIptables
{
    /// <summary>Name of the connected cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>The pod's namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>The pod's name.</summary>
    public required string Name { get; init; }

    /// <summary>The pod's addresses.</summary>
    public required IReadOnlyList<string> PodIPs { get; init; }

    /// <summary>The rules.</summary>
    public required Ruleset Ruleset { get; init; }

    /// <summary>Family of the packets.</summary>
    public IpFamily Family => Ruleset.Family;

    /// <summary>The format that they were read in, which tells the back end.</summary>
    public required RuleDumpFormat Format { get; init; }

    /// <summary>The text, as it was printed.</summary>
    public required string Text { get; init; }

    /// <summary>Where it was read.</summary>
    public required RulesSource Source { get; init; }

    /// <summary>Who read it, in words.</summary>
    public required string Reader { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset ReadAt { get; init; }

    /// <summary>Pod, family and size.</summary>
    public override string ToString() => $"{Namespace}/{Name}: {Ruleset}";

    /// <summary>What was read out of a pod, one for each family and back end that holds rules; a pod without any rule has one, empty.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="rules">What was read.</param>
    public static IReadOnlyList<PodIptables> Of(MeshPod pod, PodRules rules)
    {
        ArgumentNullException.ThrowIfNull(pod);
        ArgumentNullException.ThrowIfNull(rules);
        List<PodIptables> all = [.. from dump in rules.Dumps where dump.Format != RuleDumpFormat.Ipset from ruleset in Read(dump) select Make(pod, rules, dump, ruleset)];
        List<PodIptables> filled = [.. all.Where(one => !RulesetUnion.IsInert(one.Ruleset) && !IsShownElsewhere(one, all))];
        return filled.Count > 0 ? filled
            : all.Count > 0 ? [all[0]]
            : [Make(pod, rules, new RuleDump(RuleDumpFormat.Iptables, IpFamily.IPv4, ""), new Ruleset { Family = IpFamily.IPv4 })];
    }

    // nft lists the tables of iptables-nft once more, with less in them that can be understood.
    private static bool IsShownElsewhere(PodIptables one, List<PodIptables> all) =>
        one.Format == RuleDumpFormat.NftJson
        && one.Ruleset.Tables.All(table => !table.IsInet && all.Exists(other => other.Format == RuleDumpFormat.IptablesNft && other.Family == one.Family && other.Ruleset.Find(table.Name) is not null));

    private static IEnumerable<Ruleset> Read(RuleDump dump)
    {
        ParseResult result = dump.Format == RuleDumpFormat.NftJson
            ? NftablesJson.Parse(dump.Text)
            : IptablesSave.Parse(dump.Text, new ParseOptions { Family = dump.Family ?? IpFamily.IPv4 });
        return result.Rulesets.Count > 0 ? result.Rulesets : [new Ruleset { Family = dump.Family ?? IpFamily.IPv4 }];
    }

    private static PodIptables Make(MeshPod pod, PodRules rules, RuleDump dump, Ruleset ruleset) => new()
    {
        Cluster = pod.Cluster,
        Namespace = pod.Namespace,
        Name = pod.Name,
        PodIPs = pod.PodIPs,
        Ruleset = ruleset,
        Format = dump.Format,
        Text = dump.Text,
        Source = rules.Source,
        Reader = rules.Reader,
        ReadAt = rules.ReadAt,
    };
}
