using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Proof;

/// <summary>What packets differ in, in the order in which sets of packets are divided: what rules ask most comes first.</summary>
public enum PacketField
{
    /// <summary>Transport protocol.</summary>
    Protocol,

    /// <summary>Destination port; 0 where the protocol has none.</summary>
    DestinationPort,

    /// <summary>Destination address.</summary>
    Destination,

    /// <summary>User id of the sending process.</summary>
    User,

    /// <summary>Its group id.</summary>
    Group,

    /// <summary>Source address.</summary>
    Source,

    /// <summary>Source port.</summary>
    SourcePort,

    /// <summary>ICMP type.</summary>
    IcmpType,

    /// <summary>ICMP code.</summary>
    IcmpCode,
}

/// <summary>Facts about <see cref="PacketField"/>.</summary>
public static class PacketFields
{
    /// <summary>How many there are.</summary>
    public const int Count = 9;

    /// <summary>The highest value of a field.</summary>
    public static UInt128 Max(PacketField field, IpFamily family) => field switch
    {
        PacketField.Protocol or PacketField.IcmpType or PacketField.IcmpCode => byte.MaxValue,
        PacketField.SourcePort or PacketField.DestinationPort => ushort.MaxValue,
        PacketField.User or PacketField.Group => uint.MaxValue,
        _ => AddressPattern.FullMask(family),
    };
}
