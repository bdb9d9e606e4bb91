using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Model.Matches;

namespace IstioAdmin.Iptables.Tracing;

/// <summary>The answer to a condition.</summary>
internal enum Fit : byte
{
    No,
    Yes,
    Unknown,
}

/// <summary>
/// Tells whether a packet fits a match, as the kernel's match functions do (net/netfilter/xt_NAME.c and, for addresses,
/// interfaces and protocol, net/ipv4/netfilter/ip_tables.c, ip_packet_match).
/// </summary>
internal static class Condition
{
    /// <summary>Answers for one match.</summary>
    public static Fit Test(Match match, PacketState packet, TraceHost host) => match switch
    {
        ProtocolMatch m => Is((packet.Packet.Protocol == m.Protocol.Value) ^ m.Protocol.Negated),
        DestinationMatch m => Address(m.Address, packet.Destination, packet.DestinationLast),
        SourceMatch m => Address(m.Address, packet.Source, packet.SourceLast),
        InInterfaceMatch m => Is(m.Interface.Value.Matches(packet.In) ^ m.Interface.Negated),
        OutInterfaceMatch m => Is(m.Interface.Value.Matches(packet.Out) ^ m.Interface.Negated),
        TransportMatch m => Transport(m, packet),
        MergedPortsMatch m => MergedPorts(m, packet),
        KnownSetMatch m => Member(m, packet, host),
        OwnerMatch m => Is(Owner(m, packet.Owner)),
        CommentMatch => Fit.Yes,
        MultiportMatch m => Multiport(m, packet),
        ConnectionMatch m => Negate(State(m.States.Value, packet.State, packet.Doubtful), m.States.Negated),
        MarkMatch m => Is(((packet.Mark & m.Mark.Value.Mask) == m.Mark.Value.Value) ^ m.Mark.Negated),
        // Without a conntrack entry xt_connmark.c never matches, negated or not.
        ConnmarkMatch m => Is(packet.Tracked && (((packet.ConnectionMarkSeen & m.Mark.Value.Mask) == m.Mark.Value.Value) ^ m.Mark.Negated)),
        FragmentMatch m => Is(packet.Packet.IsLaterFragment ^ m.Negated),
        IcmpMatch m => Icmp(m, packet.Packet),
        AddressRangeMatch m => Both(Range(m.Source, packet.Source, packet.SourceLast), Range(m.Destination, packet.Destination, packet.DestinationLast)),
        AddressTypeMatch m => AddressTypes.Test(m, packet, host),
        PhysicalDeviceMatch m => Is(NotBridged(m)),
        ValueSetMatch m => ValueSets.Test(m, packet),
        InterfaceSetMatch m => Is(m.Matches(m.Incoming ? packet.In : packet.Out)),
        NeverMatch => Fit.No,
        // What such a set holds is not known.
        SetMatch or UnknownMatch => Fit.Unknown,
        _ => Fit.Unknown,
    };

    /// <summary>Both must hold.</summary>
    public static Fit Both(Fit a, Fit b) => a == Fit.No || b == Fit.No ? Fit.No : a == Fit.Unknown ? a : b;

    /// <summary>The answer turned round.</summary>
    public static Fit Negate(Fit fit, bool negated) => !negated || fit == Fit.Unknown ? fit : fit == Fit.Yes ? Fit.No : Fit.Yes;

    private static Fit Is(bool fits) => fits ? Fit.Yes : Fit.No;

    private static Fit Address(Negatable<AddressPattern> address, UInt128 first, UInt128 last)
    {
        if (first == last)
            return Is(address.Value.Matches(first) ^ address.Negated);
        if (address.Value.PrefixLength is null)
            return Fit.Unknown;
        UInt128 high = address.Value.Value | (AddressPattern.FullMask(address.Value.Family) & ~address.Value.Mask);
        return Negate(Within(first, last, address.Value.Value, high), address.Negated);
    }

    private static Fit State(ConnectionStates asked, ConnectionStates known, ConnectionStates doubtful) =>
        (known & asked) != 0 ? Fit.Yes : (doubtful & asked) != 0 ? Fit.Unknown : Fit.No;

    private static Fit Range(Negatable<AddressRange>? range, UInt128 first, UInt128 last) =>
        range is { } r ? Negate(Within(first, last, r.Value.First, r.Value.Last), r.Negated) : Fit.Yes;

    private static Fit Within(UInt128 first, UInt128 last, UInt128 low, UInt128 high) =>
        first >= low && last <= high ? Fit.Yes : last < low || first > high || low > high ? Fit.No : Fit.Unknown;

    private static Fit Port(PortRange range, bool negated, ushort first, ushort last) => Negate(Within(first, last, range.First, range.Last), negated);

    private static Fit Member(KnownSetMatch match, PacketState packet, TraceHost host)
    {
        Fit any = Fit.No;
        foreach (Match[] entry in match.Entries)
        {
            Fit all = Fit.Yes;
            foreach (Match part in entry)
                all = all == Fit.No ? all : Both(all, Test(part, packet, host));
            any = Either(any, all);
        }
        return Negate(any, match.Written.Negated);
    }

    private static Fit MergedPorts(MergedPortsMatch match, PacketState packet)
    {
        Fit both = Transport(match.Written, packet);
        return both == Fit.No && (Transport(match.SourceOnly, packet) != Fit.No || Transport(match.DestinationOnly, packet) != Fit.No) ? Fit.Unknown : both;
    }

    private static Fit Transport(TransportMatch match, PacketState packet)
    {
        byte protocol = match.Extension switch
        {
            "tcp" => 6,
            "udp" => 17,
            "dccp" => 33,
            _ => 132,
        };
        // Later fragments carry no ports: the kernel's match says no, whatever is asked.
        if (packet.Packet.Protocol.Number != protocol || packet.Packet.IsLaterFragment)
            return Fit.No;
        Fit fit = Fit.Yes;
        if (match.Source is { } source)
            fit = Port(source.Value, source.Negated, packet.SourcePort, packet.SourcePortLast);
        if (match.Destination is { } destination)
            fit = Both(fit, Port(destination.Value, destination.Negated, packet.DestinationPort, packet.DestinationPortLast));
        if (match.Flags is { } flags)
            fit = Both(fit, Is(((packet.Packet.Flags & flags.Value.Mask) == flags.Value.Compare) ^ flags.Negated));
        return fit;
    }

    private static Fit Multiport(MultiportMatch match, PacketState packet)
    {
        if (!packet.Packet.Protocol.HasPorts || packet.Packet.IsLaterFragment)
            return Fit.No;
        Fit any = Fit.No;
        foreach (PortRange range in match.Ports.Value)
        {
            if (match.Side is PortSide.Source or PortSide.Either)
                any = Either(any, Port(range, false, packet.SourcePort, packet.SourcePortLast));
            if (match.Side is PortSide.Destination or PortSide.Either)
                any = Either(any, Port(range, false, packet.DestinationPort, packet.DestinationPortLast));
        }
        return Negate(any, match.Ports.Negated);
    }

    private static Fit Either(Fit a, Fit b) => a == Fit.Yes || b == Fit.Yes ? Fit.Yes : a == Fit.Unknown ? a : b;

    /// <summary>net/netfilter/xt_owner.c: without a socket the rule fits only when every option in it is negated.</summary>
    internal static bool Owner(OwnerMatch match, PacketOwner? owner)
    {
        if (owner is null)
        {
            // --suppl-groups cannot be negated.
            return (!match.SocketExists || match.SocketExistsNegated) && !match.SupplementaryGroups
                && match.User is not { Negated: false }
                && match.Group is not { Negated: false };
        }
        if (match.SocketExists && match.SocketExistsNegated)
            return false;
        if (match.User is { } user && user.Value.Contains(owner.User) == user.Negated)
            return false;
        if (match.Group is not { } group)
            return true;
        bool inGroup = group.Value.Contains(owner.Group)
            || (match.SupplementaryGroups && owner.SupplementaryGroups.Any(group.Value.Contains));
        return inGroup != group.Negated;
    }

    private static Fit Icmp(IcmpMatch match, Packet packet)
    {
        if (packet.Protocol.Number != (match.Family == IpFamily.IPv4 ? 1 : 58) || packet.IsLaterFragment)
            return Fit.No;
        bool fits = match.Type is not { } type || (packet.IcmpType == type && (match.Code is not { } code || packet.IcmpCode == code));
        return Is(fits ^ match.Negated);
    }

    /// <summary>net/netfilter/xt_physdev.c for a packet that crosses no bridge: fits only when every option is negated.</summary>
    internal static bool NotBridged(PhysicalDeviceMatch match) =>
        match.IsBridged != true && match.IsIn != true && match.IsOut != true
        && match.In is not { Negated: false } && match.Out is not { Negated: false };
}
