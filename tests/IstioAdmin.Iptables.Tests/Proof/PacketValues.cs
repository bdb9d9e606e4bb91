using IstioAdmin.Iptables.Proof;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Iptables.Tests.Proof;

/// <summary>A packet as a point of the space that sets of packets live in.</summary>
internal static class PacketValues
{
    public static UInt128[] Of(Packet packet)
    {
        var values = new UInt128[PacketFields.Count];
        void Set(PacketField field, UInt128 value) => values[(int)field] = value;
        Set(PacketField.Protocol, packet.Protocol.Number);
        Set(PacketField.DestinationPort, packet.DestinationPort);
        Set(PacketField.Destination, packet.Destination);
        Set(PacketField.User, packet.Owner?.User ?? 0);
        Set(PacketField.Group, packet.Owner?.Group ?? 0);
        Set(PacketField.Source, packet.Source);
        Set(PacketField.SourcePort, packet.SourcePort);
        Set(PacketField.IcmpType, packet.IcmpType);
        Set(PacketField.IcmpCode, packet.IcmpCode);
        return values;
    }
}
