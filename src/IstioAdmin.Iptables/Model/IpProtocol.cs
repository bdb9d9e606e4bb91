using System.Globalization;

namespace IstioAdmin.Iptables.Model;

/// <summary>A transport protocol by its number in the IP header (IANA protocol numbers).</summary>
/// <param name="Number">The number; 0 in a rule means every protocol.</param>
public readonly record struct IpProtocol(byte Number)
{
    /// <summary>Every protocol.</summary>
    public static IpProtocol All { get; } = new(0);

    /// <summary>ICMP.</summary>
    public static IpProtocol Icmp { get; } = new(1);

    /// <summary>TCP.</summary>
    public static IpProtocol Tcp { get; } = new(6);

    /// <summary>UDP.</summary>
    public static IpProtocol Udp { get; } = new(17);

    /// <summary>ICMPv6.</summary>
    public static IpProtocol IcmpV6 { get; } = new(58);

    /// <summary>SCTP.</summary>
    public static IpProtocol Sctp { get; } = new(132);

    /// <summary>Whether packets of this protocol carry ports that netfilter's port matches read.</summary>
    public bool HasPorts => Number is 6 or 17 or 33 or 132 or 136;

    /// <summary>
    /// Reads a name or a number. Names are those of <c>xtables_chain_protos</c> (iptables, libxtables/xtables.c) and the ones
    /// that iptables-save prints from /etc/protocols for the other protocols in common use.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out IpProtocol protocol)
    {
        if (byte.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out byte number))
        {
            protocol = new IpProtocol(number);
            return true;
        }
        int known = text switch
        {
            "all" => 0,
            "icmp" => 1,
            "igmp" => 2,
            "ipencap" => 4,
            "tcp" => 6,
            "udp" => 17,
            "dccp" => 33,
            "ipv6" => 41,
            "gre" => 47,
            "esp" => 50,
            "ah" => 51,
            "ipv6-icmp" or "icmpv6" => 58,
            "ospf" => 89,
            "pim" => 103,
            "vrrp" => 112,
            "sctp" => 132,
            "ipv6-mh" or "mobility-header" or "mh" => 135,
            "udplite" => 136,
            _ => -1,
        };
        protocol = new IpProtocol((byte)Math.Max(known, 0));
        return known >= 0;
    }

    /// <summary>The name that iptables-save prints, or the number.</summary>
    public override string ToString() => Number switch
    {
        0 => "all",
        1 => "icmp",
        2 => "igmp",
        4 => "ipencap",
        6 => "tcp",
        17 => "udp",
        33 => "dccp",
        41 => "ipv6",
        47 => "gre",
        50 => "esp",
        51 => "ah",
        58 => "ipv6-icmp",
        89 => "ospf",
        103 => "pim",
        112 => "vrrp",
        132 => "sctp",
        135 => "mobility-header",
        136 => "udplite",
        _ => Number.ToString(CultureInfo.InvariantCulture),
    };
}
