using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Model.Matches;

namespace IstioAdmin.Iptables.Tracing;

/// <summary>Answers nft's comparisons for one packet (net/netfilter/nft_payload.c, nft_meta.c, nft_ct.c).</summary>
internal static class ValueSets
{
    /// <summary>Answers for one match.</summary>
    public static Fit Test(ValueSetMatch match, PacketState packet)
    {
        Packet sent = packet.Packet;
        bool ports = sent.Protocol.HasPorts;
        return match.Field switch
        {
            ValueField.Source => Among(match, packet.Source, packet.SourceLast),
            ValueField.Destination => Among(match, packet.Destination, packet.DestinationLast),
            ValueField.SourcePort or ValueField.DestinationPort or ValueField.IcmpType or ValueField.IcmpCode when sent.IsLaterFragment => Fit.No,
            // Of other protocols' headers nothing is known.
            ValueField.SourcePort or ValueField.DestinationPort when !ports => Fit.Unknown,
            ValueField.SourcePort => Among(match, packet.SourcePort, packet.SourcePortLast),
            ValueField.DestinationPort => Among(match, packet.DestinationPort, packet.DestinationPortLast),
            ValueField.Protocol => Among(match, sent.Protocol.Number, sent.Protocol.Number),
            ValueField.User => packet.Owner is { } owner ? Among(match, owner.User, owner.User) : Fit.No,
            ValueField.Group => packet.Owner is { } owner ? Among(match, owner.Group, owner.Group) : Fit.No,
            ValueField.Mark => Among(match, packet.Mark, packet.Mark),
            ValueField.ConnectionMark => packet.Tracked ? Among(match, packet.ConnectionMark, packet.ConnectionMark) : Fit.No,
            ValueField.IcmpType => Among(match, sent.IcmpType, sent.IcmpType),
            ValueField.IcmpCode => Among(match, sent.IcmpCode, sent.IcmpCode),
            _ => Fit.Unknown,
        };
    }

    /// <summary>Whether a value that lies between two is among those of the match; NAT to a range leaves it open which one it is.</summary>
    private static Fit Among(ValueSetMatch match, UInt128 first, UInt128 last)
    {
        bool touched = false;
        foreach (Interval range in match.Ranges.Value)
        {
            if (first >= range.First && last <= range.Last)
                return match.Ranges.Negated ? Fit.No : Fit.Yes;
            touched |= first <= range.Last && last >= range.First;
        }
        // Two neighbouring ranges may hold it together; that is left open as well.
        return touched ? Fit.Unknown : match.Ranges.Negated ? Fit.Yes : Fit.No;
    }
}
