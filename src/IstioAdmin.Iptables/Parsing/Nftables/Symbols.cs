using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Parsing.Nftables;

/// <summary>Names that nft writes for numbers (nftables, src/proto.c, src/ct.c, src/fib.c, and libnftables-json(5)).</summary>
internal static class Symbols
{
    /// <summary>ICMP types.</summary>
    public static byte? IcmpType(string name) => name switch
    {
        "echo-reply" => 0,
        "destination-unreachable" => 3,
        "source-quench" => 4,
        "redirect" => 5,
        "echo-request" => 8,
        "router-advertisement" => 9,
        "router-solicitation" => 10,
        "time-exceeded" => 11,
        "parameter-problem" => 12,
        "timestamp-request" => 13,
        "timestamp-reply" => 14,
        "info-request" => 15,
        "info-reply" => 16,
        "address-mask-request" => 17,
        "address-mask-reply" => 18,
        _ => null,
    };

    /// <summary>ICMPv6 types.</summary>
    public static byte? IcmpV6Type(string name) => name switch
    {
        "destination-unreachable" => 1,
        "packet-too-big" => 2,
        "time-exceeded" => 3,
        "parameter-problem" => 4,
        "echo-request" => 128,
        "echo-reply" => 129,
        "mld-listener-query" => 130,
        "mld-listener-report" => 131,
        "mld-listener-done" or "mld-listener-reduction" => 132,
        "nd-router-solicit" => 133,
        "nd-router-advert" => 134,
        "nd-neighbor-solicit" => 135,
        "nd-neighbor-advert" => 136,
        "nd-redirect" => 137,
        "router-renumbering" => 138,
        "ind-neighbor-solicit" => 141,
        "ind-neighbor-advert" => 142,
        "mld2-listener-report" => 143,
        _ => null,
    };

    /// <summary>Codes of ICMP's and ICMPv6's destination-unreachable; nft writes them for every type.</summary>
    public static byte? IcmpCode(string name, IpFamily family) => (family, name) switch
    {
        (IpFamily.IPv4, "net-unreachable") => 0,
        (IpFamily.IPv4, "host-unreachable") => 1,
        (IpFamily.IPv4, "prot-unreachable") => 2,
        (IpFamily.IPv4, "port-unreachable") => 3,
        (IpFamily.IPv4, "frag-needed") => 4,
        (IpFamily.IPv4, "net-prohibited") => 9,
        (IpFamily.IPv4, "host-prohibited") => 10,
        (IpFamily.IPv4, "admin-prohibited") => 13,
        (IpFamily.IPv6, "no-route") => 0,
        (IpFamily.IPv6, "admin-prohibited") => 1,
        (IpFamily.IPv6, "addr-unreachable") => 3,
        (IpFamily.IPv6, "port-unreachable") => 4,
        (IpFamily.IPv6, "policy-fail") => 5,
        (IpFamily.IPv6, "reject-route") => 6,
        _ => null,
    };

    /// <summary>TCP flags; the two that iptables does not know have their values on the wire.</summary>
    public static byte? TcpFlag(string name) => name switch
    {
        "fin" => 1,
        "syn" => 2,
        "rst" => 4,
        "psh" => 8,
        "ack" => 16,
        "urg" => 32,
        "ecn" => 64,
        "cwr" => 128,
        _ => null,
    };

    /// <summary>The states that a packet can be in, exactly one of them, with the bits that nft compares (include/uapi/linux/netfilter/nf_conntrack_common.h).</summary>
    public static IReadOnlyList<(string Name, uint Bit, ConnectionStates State)> States { get; } =
    [
        ("invalid", 1, ConnectionStates.Invalid), ("established", 2, ConnectionStates.Established), ("related", 4, ConnectionStates.Related),
        ("new", 8, ConnectionStates.New), ("untracked", 64, ConnectionStates.Untracked),
    ];

    /// <summary>Address types that routing gives, and addrtype's names for them.</summary>
    public static string? AddressType(string name) => name switch
    {
        "unspec" or "unicast" or "local" or "broadcast" or "anycast" or "multicast" or "blackhole" or "unreachable" or "prohibit" => name.ToUpperInvariant(),
        _ => null,
    };
}
