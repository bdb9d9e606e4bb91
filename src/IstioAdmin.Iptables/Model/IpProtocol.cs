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
    /// Whether iptables knows the protocol's name by itself and so prints it on every machine. The names of the others come from
    /// /etc/protocols, which container images often lack: there the number is printed.
    /// </summary>
    public bool HasFixedName => Number is 0 or 1 or 6 or 17 or 50 or 51 or 58 or 132 or 135 or 136;

    /// <summary>Reads a name or a number.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out IpProtocol protocol)
    {
        if (byte.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out byte number))
        {
            protocol = new IpProtocol(number);
            return true;
        }
        foreach ((byte known, string name) in Names)
        {
            if (text.SequenceEqual(name))
            {
                protocol = new IpProtocol(known);
                return true;
            }
        }
        protocol = default;
        return false;
    }

    /// <summary>The name that iptables-save prints, or the number.</summary>
    public override string ToString()
    {
        foreach ((byte known, string name) in Names)
        {
            if (known == Number)
                return name;
        }
        return Number.ToString(CultureInfo.InvariantCulture);
    }

    // Those of xtables_chain_protos (iptables, libxtables/xtables.c), where the first of a number is the one that is printed; then the names of
    // IANA's registry in the spelling of Debian's /etc/protocols.
    private static readonly (byte Number, string Name)[] Names =
    [
        (6, "tcp"), (132, "sctp"), (17, "udp"), (136, "udplite"), (1, "icmp"), (58, "ipv6-icmp"), (58, "icmpv6"), (50, "esp"), (51, "ah"),
        (135, "mobility-header"), (135, "ipv6-mh"), (135, "mh"), (0, "all"),
        (2, "igmp"), (3, "ggp"), (4, "ipencap"), (5, "st"), (8, "egp"), (9, "igp"), (12, "pup"), (20, "hmp"), (22, "xns-idp"), (27, "rdp"),
        (29, "iso-tp4"), (33, "dccp"), (36, "xtp"), (37, "ddp"), (38, "idpr-cmtp"), (41, "ipv6"), (43, "ipv6-route"), (44, "ipv6-frag"),
        (45, "idrp"), (46, "rsvp"), (47, "gre"), (57, "skip"), (59, "ipv6-nonxt"), (60, "ipv6-opts"), (73, "rspf"), (81, "vmtp"),
        (88, "eigrp"), (89, "ospf"), (93, "ax.25"), (94, "ipip"), (97, "etherip"), (98, "encap"), (103, "pim"), (108, "ipcomp"),
        (112, "vrrp"), (115, "l2tp"), (124, "isis"), (133, "fc"), (137, "mpls-in-ip"), (138, "manet"), (139, "hip"), (140, "shim6"),
        (141, "wesp"), (142, "rohc"), (143, "ethernet"),
    ];
}
