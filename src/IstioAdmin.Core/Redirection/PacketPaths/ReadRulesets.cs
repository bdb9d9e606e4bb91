using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Sources;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Parsing;
using IstioAdmin.Iptables.Parsing.Nftables;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Core.Redirection.PacketPaths;

/// <summary>The rules of a pod's family that a packet meets, from what was read.</summary>
internal static class ReadRulesets
{
    /// <summary>
    /// The rulesets that have rules, one for each back end: the kernel asks legacy tables and nftables both. A listing of nft stands in for
    /// iptables-nft-save, whose tables are in it, where that was not read.
    /// </summary>
    public static IReadOnlyList<Ruleset> Of(PodRules rules, IpFamily family)
    {
        bool hasSave = rules.Dumps.Any(dump => dump.Format is RuleDumpFormat.IptablesNft or RuleDumpFormat.Iptables && dump.Family == family);
        return [.. rules.Dumps.Where(dump => dump.Text.Length > 0).SelectMany(dump => dump.Format switch
        {
            RuleDumpFormat.Ipset => [],
            RuleDumpFormat.NftJson => hasSave ? [] : NftablesJson.Parse(dump.Text).Rulesets,
            _ when dump.Family is null || dump.Family == family => IptablesSave.Parse(dump.Text, new ParseOptions { Family = dump.Family ?? family }).Rulesets,
            _ => [],
        }).Where(ruleset => ruleset.Family == family && ruleset.Rules.Any())];
    }

    /// <summary>The pod's interfaces: those that were seen, or else one with the addresses that Kubernetes knows.</summary>
    public static TraceHost HostOf(MeshPod pod, PodRules? rules)
    {
        if (rules?.Host is { } seen)
            return seen;
        var addresses = new List<(IpFamily, UInt128)>();
        foreach (string text in pod.PodIPs)
        {
            if (TargetName.IsAddress(text, out IpFamily family, out UInt128 address))
                addresses.Add((family, address));
        }
        return new([new HostInterface("eth0", addresses)], "eth0");
    }
}
