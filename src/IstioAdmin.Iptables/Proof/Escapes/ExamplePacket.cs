using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Iptables.Proof.Escapes;

/// <summary>Picks one packet out of a box: one that somebody could really send, where the box has any.</summary>
internal static class ExamplePacket
{
    private static readonly UInt128[] Ports = [80, 443, 8080, 9080, 3306, 22];
    private static readonly UInt128[] Ids = [1000, 0];

    // Addresses for documentation: RFC 5737, RFC 3849.
    private static readonly UInt128[] ElsewhereV4 = [0xC0000201, 0xC6336401, 0xCB007101];
    private static readonly UInt128[] ElsewhereV6 = [((UInt128)0x20010DB8 << 96) + 1];

    /// <summary>A packet of the box.</summary>
    public static Packet Of(PacketBox box, PacketCircumstance circumstance, TcpControlBits flags, TraceHost host)
    {
        IpFamily family = box.Family;
        bool outbound = circumstance.InInterface is null;
        IpProtocol icmp = PacketSpace.Icmp(family);
        // A port or an ICMP type that the box insists on says which protocols make sense.
        bool ports = box.DestinationPort is { } d && !d.Contains(0) || box.SourcePort is { } s && !s.Contains(0);
        var protocol = new IpProtocol((byte)Pick(box, PacketField.Protocol, ports ? [6, 17] : [6, 17, icmp.Number]));
        UInt128[] elsewhere = family == IpFamily.IPv4 ? ElsewhereV4 : ElsewhereV6;
        UInt128[] own = [.. host.AddressesFromOutside(family)];
        return new Packet
        {
            Family = family,
            Protocol = protocol,
            Source = Pick(box, PacketField.Source, outbound ? own : elsewhere),
            Destination = Pick(box, PacketField.Destination, outbound ? elsewhere : own),
            SourcePort = protocol.HasPorts ? (ushort)Pick(box, PacketField.SourcePort, [40000, 32768]) : (ushort)0,
            DestinationPort = protocol.HasPorts ? (ushort)Pick(box, PacketField.DestinationPort, Ports) : (ushort)0,
            IcmpType = protocol == icmp ? (byte)Pick(box, PacketField.IcmpType, [family == IpFamily.IPv4 ? 8u : 128u]) : (byte)0,
            IcmpCode = protocol == icmp ? (byte)Pick(box, PacketField.IcmpCode, [0]) : (byte)0,
            InInterface = circumstance.InInterface ?? "",
            Owner = outbound ? new PacketOwner((uint)Pick(box, PacketField.User, Ids), (uint)Pick(box, PacketField.Group, Ids)) : null,
            State = circumstance.State,
            Mark = circumstance.Mark,
            Flags = flags,
        };
    }

    private static UInt128 Pick(PacketBox box, PacketField field, UInt128[] liked)
    {
        if (box[field] is not { } set)
            return liked.Length > 0 ? liked[0] : UInt128.Zero;
        foreach (UInt128 value in liked)
        {
            if (set.Contains(value))
                return value;
        }
        // Neither zero nor the address of a whole net is what a person would try.
        Interval first = set.Intervals[0];
        if ((field is PacketField.Source or PacketField.Destination) && first.Last > first.First)
            return first.First + 1;
        if (first.First != UInt128.Zero)
            return first.First;
        return first.Last > UInt128.Zero ? UInt128.One : set.Intervals.Count > 1 ? set.Intervals[1].First : UInt128.Zero;
    }
}
