using System.Globalization;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Model.Matches;

namespace IstioAdmin.Iptables.Tracing;

/// <summary>A rule's matches as the kernel has them, where the text alone does not say it: contents of sets, and what a back end does differently.</summary>
internal static class KernelView
{
    /// <summary>The matches of a rule.</summary>
    public static IEnumerable<Match> Of(Rule rule, Ruleset ruleset)
    {
        bool merges = ruleset.Backend == RulesetBackend.NfTables || ruleset.IsNftListing;
        return rule.Matches.Select(match => match switch
        {
            TransportMatch ports when merges && MergedPortsMatch.IsMerged(ports) => new MergedPortsMatch(ports),
            SetMatch set => ruleset.Sets.FirstOrDefault(s => s.Name == set.Name) is { } known ? Resolve(set, known, ruleset.Family) ?? match : match,
            _ => match,
        });
    }

    /// <summary>
    /// Membership in a set whose elements are known; null when they are not understood. A set of the other family has no packet in it
    /// (net/netfilter/ipset/ip_set_core.c, ip_set_test).
    /// </summary>
    private static KnownSetMatch? Resolve(SetMatch written, IpSet set, IpFamily family)
    {
        int colon = set.Type.IndexOf(':', StringComparison.Ordinal);
        if (set.Doubt is not null || colon < 0)
            return null;
        string[] dimensions = set.Type[(colon + 1)..].Split(',');
        string[] directions = written.Directions.Split(',');
        if (directions.Length < dimensions.Length || directions.Any(d => d is not ("src" or "dst")))
            return null;
        bool onlyPorts = dimensions.All(d => d == "port");
        var entries = new List<Match[]>();
        foreach (string element in set.Family == family || onlyPorts ? set.Elements : [])
        {
            string[] parts = element.Split(',');
            if (parts.Length != dimensions.Length)
                return null;
            IEnumerable<Match[]> choices = [[]];
            for (int i = 0; i < parts.Length; i++)
            {
                if (Dimension(dimensions[i], directions[i] == "src", parts[i], family, onlyPorts) is not { } ways)
                    return null;
                choices = [.. from begun in choices from way in ways select (Match[])[.. begun, .. way]];
            }
            entries.AddRange(choices);
        }
        return new KnownSetMatch(written, [.. entries]);
    }

    /// <summary>The ways in which a packet can meet one dimension of an element; null when it is not understood.</summary>
    private static List<Match[]>? Dimension(string dimension, bool source, string text, IpFamily family, bool onlyPorts)
    {
        switch (dimension)
        {
            case "ip" or "net" when AddressPattern.TryParse(text, family, out AddressPattern pattern) && pattern.PrefixLength is not null:
                return [[Values(source ? ValueField.Source : ValueField.Destination, Interval.Of(pattern), text)]];
            case "port":
                int colon = text.IndexOf(':', StringComparison.Ordinal);
                if (!ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
                    return null;
                Match ports = Values(source ? ValueField.SourcePort : ValueField.DestinationPort, Interval.Of(PortRange.Only(port)), text);
                // A set of nothing but ports holds them for TCP and UDP (net/netfilter/ipset/ip_set_getport.c, ip_set_get_ip_port).
                if (colon < 0)
                    return onlyPorts ? [[Protocol(IpProtocol.Tcp), ports], [Protocol(IpProtocol.Udp), ports]] : null;
                return IpProtocol.TryParse(text.AsSpan(0, colon), out IpProtocol protocol) && protocol.HasPorts ? [[Protocol(protocol), ports]] : null;
            default:
                return null;
        }
    }

    private static ProtocolMatch Protocol(IpProtocol protocol) => new(new Negatable<IpProtocol>(protocol, false));

    private static ValueSetMatch Values(ValueField field, Interval interval, string words) => new(field, new Negatable<IReadOnlyList<Interval>>([interval], false), words);
}
