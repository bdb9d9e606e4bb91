using System.Text.Json;
using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Parsing.Nftables;

/// <summary>What an expression reads from a packet.</summary>
internal enum OperandKind
{
    Unknown,
    Source,
    Destination,
    SourcePort,
    DestinationPort,
    Protocol,
    User,
    Group,
    Mark,
    ConnectionMark,
    IcmpType,
    IcmpCode,
    TcpFlags,
    FragmentOffset,
    InInterface,
    OutInterface,
    ConnectionState,
    ConnectionStatus,
    Family,
    SourceType,
    DestinationType,
}

/// <summary>
/// The left side of a comparison, the key of a map. Reading a header says that the packet has it: nft checks the family and the protocol
/// first and leaves these checks out of the listing.
/// </summary>
/// <param name="Kind">What is read.</param>
internal readonly record struct Operand(OperandKind Kind)
{
    /// <summary>The family that the packet must have.</summary>
    public IpFamily? Family { get; init; }

    /// <summary>The transport protocol that it must have.</summary>
    public IpProtocol? Protocol { get; init; }

    /// <summary>Whether a packet without a conntrack entry ends the rule (net/netfilter/nft_ct.c, nft_ct_get_eval).</summary>
    public bool NeedsEntry { get; init; }

    /// <summary>For <see cref="OperandKind.SourceType"/> and <see cref="OperandKind.DestinationType"/>: the interface whose addresses count.</summary>
    public bool OfInInterface { get; init; }

    /// <inheritdoc cref="OfInInterface"/>
    public bool OfOutInterface { get; init; }

    /// <summary>Reads an expression.</summary>
    public static Operand Read(JsonElement expression)
    {
        if (!expression.IsTagged(out string? kind, out JsonElement value))
            return default;
        return kind switch
        {
            "payload" => Payload(value.Text("protocol"), value.Text("field")),
            "meta" => new(Meta(value.Text("key"))),
            "ct" => Ct(value),
            "fib" => Fib(value),
            _ => default,
        };
    }

    private static Operand Payload(string? protocol, string? field) => (protocol, field) switch
    {
        ("ip", "saddr") => new(OperandKind.Source) { Family = IpFamily.IPv4 },
        ("ip", "daddr") => new(OperandKind.Destination) { Family = IpFamily.IPv4 },
        ("ip", "protocol") => new(OperandKind.Protocol) { Family = IpFamily.IPv4 },
        ("ip", "frag-off") => new(OperandKind.FragmentOffset) { Family = IpFamily.IPv4 },
        ("ip", _) => new(OperandKind.Unknown) { Family = IpFamily.IPv4 },
        ("ip6", "saddr") => new(OperandKind.Source) { Family = IpFamily.IPv6 },
        ("ip6", "daddr") => new(OperandKind.Destination) { Family = IpFamily.IPv6 },
        // The packets that are traced have no extension headers: the next header is the transport's.
        ("ip6", "nexthdr") => new(OperandKind.Protocol) { Family = IpFamily.IPv6 },
        ("ip6", _) => new(OperandKind.Unknown) { Family = IpFamily.IPv6 },
        ("th", "sport") => new(OperandKind.SourcePort),
        ("th", "dport") => new(OperandKind.DestinationPort),
        ("tcp" or "udp" or "udplite" or "dccp" or "sctp", "sport") => new(OperandKind.SourcePort) { Protocol = ProtocolOf(protocol) },
        ("tcp" or "udp" or "udplite" or "dccp" or "sctp", "dport") => new(OperandKind.DestinationPort) { Protocol = ProtocolOf(protocol) },
        ("tcp", "flags") => new(OperandKind.TcpFlags) { Protocol = IpProtocol.Tcp },
        ("icmp", "type") => new(OperandKind.IcmpType) { Family = IpFamily.IPv4, Protocol = IpProtocol.Icmp },
        ("icmp", "code") => new(OperandKind.IcmpCode) { Family = IpFamily.IPv4, Protocol = IpProtocol.Icmp },
        ("icmp", _) => new(OperandKind.Unknown) { Family = IpFamily.IPv4, Protocol = IpProtocol.Icmp },
        ("icmpv6", "type") => new(OperandKind.IcmpType) { Family = IpFamily.IPv6, Protocol = IpProtocol.IcmpV6 },
        ("icmpv6", "code") => new(OperandKind.IcmpCode) { Family = IpFamily.IPv6, Protocol = IpProtocol.IcmpV6 },
        ("icmpv6", _) => new(OperandKind.Unknown) { Family = IpFamily.IPv6, Protocol = IpProtocol.IcmpV6 },
        ("tcp" or "udp" or "udplite" or "dccp" or "sctp", _) => new(OperandKind.Unknown) { Protocol = ProtocolOf(protocol) },
        _ => default,
    };

    private static IpProtocol? ProtocolOf(string? name) => name is not null && IpProtocol.TryParse(name, out IpProtocol protocol) ? protocol : null;

    private static OperandKind Meta(string? key) => key switch
    {
        "l4proto" => OperandKind.Protocol,
        "nfproto" or "protocol" => OperandKind.Family,
        "mark" => OperandKind.Mark,
        "skuid" => OperandKind.User,
        "skgid" => OperandKind.Group,
        "iifname" or "iif" => OperandKind.InInterface,
        "oifname" or "oif" => OperandKind.OutInterface,
        _ => OperandKind.Unknown,
    };

    private static Operand Ct(JsonElement value) => value.Text("dir") is not null ? default : value.Text("key") switch
    {
        "state" => new(OperandKind.ConnectionState),
        "status" => new(OperandKind.ConnectionStatus) { NeedsEntry = true },
        "mark" => new(OperandKind.ConnectionMark) { NeedsEntry = true },
        _ => default,
    };

    private static Operand Fib(JsonElement value)
    {
        if (value.Text("result") != "type" || value.Member("flags") is not { } flags)
            return default;
        string?[] names = [.. flags.OneOrMore().Select(flag => ((JsonElement?)flag).Text())];
        OperandKind kind = (names.Contains("saddr"), names.Contains("daddr")) switch
        {
            (true, false) => OperandKind.SourceType,
            (false, true) => OperandKind.DestinationType,
            _ => OperandKind.Unknown,
        };
        return names.All(name => name is "saddr" or "daddr" or "iif" or "oif")
            ? new(kind) { OfInInterface = names.Contains("iif"), OfOutInterface = names.Contains("oif") }
            : default;
    }
}
