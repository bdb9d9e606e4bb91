using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Model.Matches;

namespace IstioAdmin.Iptables.Tracing;

/// <summary>Stands in for a host of which only the rules are known.</summary>
public static class AssumedHost
{
    /// <summary>
    /// A host with one interface, whose address no rule speaks of: it comes from the ranges for documentation (RFC 5737, RFC 3849).
    /// What is found for it holds for every host whose address the rules do not mention.
    /// </summary>
    public static TraceHost For(Ruleset ruleset, string interfaceName = "eth0", bool forwards = false) =>
        new([new HostInterface(interfaceName, [(ruleset.Family, Unmentioned(ruleset))])], interfaceName) { Forwards = forwards };

    private static UInt128 Unmentioned(Ruleset ruleset)
    {
        UInt128 first = ruleset.Family == IpFamily.IPv4 ? 0xC0000200u : (UInt128)0x20010DB8 << 96;
        AddressPattern[] mentioned = [.. ruleset.Tables.SelectMany(t => t.Chains).SelectMany(c => c.Rules).SelectMany(r => r.Matches)
            .Select(match => match switch
            {
                SourceMatch source => source.Address.Value,
                DestinationMatch destination => destination.Address.Value,
                _ => default,
            })
            .Where(pattern => pattern.Mask != UInt128.Zero)];
        for (uint host = 10; host < 250; host++)
        {
            if (!Array.Exists(mentioned, pattern => pattern.Matches(first + host)))
                return first + host;
        }
        return first + 10;
    }
}
