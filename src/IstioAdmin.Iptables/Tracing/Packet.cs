using System.Globalization;
using System.Text;
using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Tracing;

/// <summary>The first packet of a flow, or one of a known connection, as netfilter sees it when it enters the first hook.</summary>
public sealed record Packet
{
    /// <summary>Family.</summary>
    public IpFamily Family { get; init; }

    /// <summary>Transport protocol.</summary>
    public IpProtocol Protocol { get; init; } = IpProtocol.Tcp;

    /// <summary>Source address; IPv4 in the low 32 bits.</summary>
    public UInt128 Source { get; init; }

    /// <summary>Destination address.</summary>
    public UInt128 Destination { get; init; }

    /// <summary>Source port, for protocols that have one.</summary>
    public ushort SourcePort { get; init; }

    /// <summary>Destination port.</summary>
    public ushort DestinationPort { get; init; }

    /// <summary>The interface it comes in by; empty for packets of local processes.</summary>
    public string InInterface { get; init; } = "";

    /// <summary>The packet's mark.</summary>
    public uint Mark { get; init; }

    /// <summary>The mark of its connection.</summary>
    public uint ConnectionMark { get; init; }

    /// <summary>What conntrack knows of its connection: exactly one of the first five states.</summary>
    public ConnectionStates State { get; init; } = ConnectionStates.New;

    /// <summary>The local process that sends it; null when there is none.</summary>
    public PacketOwner? Owner { get; init; }

    /// <summary>TCP flags.</summary>
    public TcpControlBits Flags { get; init; } = TcpControlBits.Syn;

    /// <summary>ICMP type, for ICMP.</summary>
    public byte IcmpType { get; init; }

    /// <summary>ICMP code, for ICMP.</summary>
    public byte IcmpCode { get; init; }

    /// <summary>Whether it is a second or further fragment.</summary>
    public bool IsLaterFragment { get; init; }

    /// <summary>Source address as text.</summary>
    public string SourceAddress => AddressText.Of(Source, Family);

    /// <summary>Destination address as text.</summary>
    public string DestinationAddress => AddressText.Of(Destination, Family);

    /// <summary>The packet in words: <c>tcp 192.0.2.1:40000 to 10.244.7.5:80 in by eth0</c>.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(Protocol).Append(' ').Append(AddressText.Of(Source, Family, Protocol.HasPorts ? SourcePort : null));
        text.Append(" to ").Append(AddressText.Of(Destination, Family, Protocol.HasPorts ? DestinationPort : null));
        if (Protocol == IpProtocol.Icmp || Protocol == IpProtocol.IcmpV6)
            text.Append(CultureInfo.InvariantCulture, $" type {IcmpType}/{IcmpCode}");
        if (InInterface.Length > 0)
            text.Append(" in by ").Append(InInterface);
        if (Owner is { } owner)
            text.Append(CultureInfo.InvariantCulture, $" from uid {owner.User} gid {owner.Group}");
        if (State != ConnectionStates.New)
            text.Append(" state ").Append(State.ToString().ToUpperInvariant());
        if (Mark != 0)
            text.Append(CultureInfo.InvariantCulture, $" mark 0x{Mark:x}");
        return text.ToString();
    }
}

/// <summary>Credentials of the process that opened a socket.</summary>
/// <param name="User">File system user id.</param>
/// <param name="Group">File system group id.</param>
public sealed record PacketOwner(uint User, uint Group)
{
    /// <summary>Supplementary groups.</summary>
    public IReadOnlyList<uint> SupplementaryGroups { get; init; } = [];
}
