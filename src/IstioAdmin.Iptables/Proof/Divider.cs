using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Model.Matches;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Iptables.Proof;

/// <summary>Divides all packets of a flow by a match: the counterpart, for sets, of what <see cref="Condition"/> answers for one packet.</summary>
internal sealed class Divider
{
    /// <summary>A mask with more gaps than this (4,096 intervals) is left undecided rather than divided further.</summary>
    private const int MostDoublings = 12;

    private readonly PacketSpace _space;
    private readonly TraceHost _host;
    private readonly Division _all;
    private readonly Division _none;
    private readonly Division _unknown;

    public Divider(PacketSpace space, TraceHost host)
    {
        _space = space;
        _host = host;
        _all = Division.Exact(space.Any);
        _none = Division.Exact(space.None);
        _unknown = new Division(space.None, space.Any);
    }

    /// <summary>The destinations that are this host's own.</summary>
    public PacketSet Local() => _space.Where(PacketField.Destination, _host.LocalAddresses(_space.Family));

    /// <summary>Divides by one match.</summary>
    public Division Divide(Match match, FlowContext flow) => match switch
    {
        CommentMatch => _all,
        ProtocolMatch m => Field(PacketField.Protocol, m.Protocol.Value.Number, m.Protocol.Value.Number).Negate(m.Protocol.Negated),
        DestinationMatch m => Address(PacketField.Destination, m.Address.Value, flow.Destination).Negate(m.Address.Negated),
        SourceMatch m => Address(PacketField.Source, m.Address.Value, flow.Source).Negate(m.Address.Negated),
        InInterfaceMatch m => Always(m.Interface.Value.Matches(flow.In) ^ m.Interface.Negated),
        OutInterfaceMatch m => Always(m.Interface.Value.Matches(flow.Out) ^ m.Interface.Negated),
        TransportMatch m => Transport(m, flow),
        KnownSetMatch m => Member(m, flow),
        MergedPortsMatch m => new Division(Transport(m.Written, flow).Surely, Transport(m.SourceOnly, flow).Or(Transport(m.DestinationOnly, flow)).Maybe),
        OwnerMatch m => Owner(m, flow),
        MultiportMatch m => Multiport(m, flow),
        ConnectionMatch m => ((flow.State & m.States.Value) != 0 ? _all : (flow.Doubtful & m.States.Value) != 0 ? _unknown : _none).Negate(m.States.Negated),
        MarkMatch m => Always(((flow.Mark & m.Mark.Value.Mask) == m.Mark.Value.Value) ^ m.Mark.Negated),
        ConnmarkMatch m => Always(flow.Tracked && ((((flow.Templated ? 0 : flow.ConnectionMark) & m.Mark.Value.Mask) == m.Mark.Value.Value) ^ m.Mark.Negated)),
        FragmentMatch m => Always(m.Negated),
        IcmpMatch m => Icmp(m),
        AddressRangeMatch m => Range(PacketField.Source, m.Source, flow.Source).And(Range(PacketField.Destination, m.Destination, flow.Destination)),
        AddressTypeMatch m => AddressType(m, flow),
        ValueSetMatch m => ValueSet(m, flow),
        InterfaceSetMatch m => Always(m.Matches(m.Incoming ? flow.In : flow.Out)),
        NeverMatch => _none,
        PhysicalDeviceMatch m => Always(Condition.NotBridged(m)),
        _ => _unknown,
    };

    private Division Always(bool fits) => fits ? _all : _none;

    private Division Field(PacketField field, UInt128 first, UInt128 last) => Division.Exact(_space.Where(field, first, last));

    /// <summary>Where a rule has written the field, the same holds for all packets of the flow.</summary>
    private Division Within(Interval written, UInt128 first, UInt128 last) =>
        written.First >= first && written.Last <= last ? _all : written.Last < first || written.First > last || first > last ? _none : _unknown;

    private Division Address(PacketField field, AddressPattern pattern, Interval? written)
    {
        UInt128 free = AddressPattern.FullMask(pattern.Family) & ~pattern.Mask;
        if (written is { } value)
        {
            return value.First == value.Last
                ? Always(pattern.Matches(value.First))
                : pattern.PrefixLength is null ? _unknown : Within(value, pattern.Value, pattern.Value | free);
        }
        if (pattern.PrefixLength is not null)
            return Field(field, pattern.Value, pattern.Value | free);
        // Free bits at the low end make an interval; each free bit above them doubles the number of intervals.
        UInt128 low = free & ~(free + 1);
        UInt128 high = free & ~low;
        int doublings = (int)UInt128.PopCount(high);
        if (doublings > MostDoublings)
            return _unknown;
        var intervals = new List<Interval>(1 << doublings);
        UInt128 bits = 0;
        do
        {
            intervals.Add(new Interval(pattern.Value | bits, pattern.Value | bits | low));
            // The next combination of the high free bits.
            bits = (bits - high) & high;
        }
        while (bits != 0);
        return Division.Exact(_space.Where(field, intervals));
    }

    private Division Range(PacketField field, Negatable<AddressRange>? range, Interval? written)
    {
        if (range is not { } asked)
            return _all;
        Division division = written is { } value ? Within(value, asked.Value.First, asked.Value.Last) : Field(field, asked.Value.First, asked.Value.Last);
        return division.Negate(asked.Negated);
    }

    private Division SourcePort(PortRange range, FlowContext flow) => flow.SourcePort is { } written
        ? Within(new Interval(written.First, written.Last), range.First, range.Last)
        : Field(PacketField.SourcePort, range.First, range.Last);

    private Division DestinationPort(PortRange range, FlowContext flow) => flow.DestinationPort is { } written
        ? Within(new Interval(written.First, written.Last), range.First, range.Last)
        : Field(PacketField.DestinationPort, range.First, range.Last);

    private Division Transport(TransportMatch match, FlowContext flow)
    {
        byte protocol = match.Extension switch
        {
            "tcp" => 6,
            "udp" => 17,
            "dccp" => 33,
            _ => 132,
        };
        Division division = Field(PacketField.Protocol, protocol, protocol);
        if (match.Source is { } source)
            division = division.And(SourcePort(source.Value, flow).Negate(source.Negated));
        if (match.Destination is { } destination)
            division = division.And(DestinationPort(destination.Value, flow).Negate(destination.Negated));
        if (match.Flags is { } flags)
            division = division.And(Always(((flow.Flags & flags.Value.Mask) == flags.Value.Compare) ^ flags.Negated));
        return division;
    }

    private Division Multiport(MultiportMatch match, FlowContext flow)
    {
        Division any = _none;
        foreach (PortRange range in match.Ports.Value)
        {
            if (match.Side is PortSide.Source or PortSide.Either)
                any = any.Or(SourcePort(range, flow));
            if (match.Side is PortSide.Destination or PortSide.Either)
                any = any.Or(DestinationPort(range, flow));
        }
        return WithPorts().And(any.Negate(match.Ports.Negated));
    }

    private Division WithPorts() => Division.Exact(_space.Where(
        PacketField.Protocol,
        Enumerable.Range(0, 256).Where(number => new IpProtocol((byte)number).HasPorts).Select(number => new Interval((UInt128)number, (UInt128)number))));

    private Division Owner(OwnerMatch match, FlowContext flow)
    {
        if (!flow.Owned)
            return Always(Condition.Owner(match, null));
        if (match.SocketExists && match.SocketExistsNegated)
            return _none;
        Division division = _all;
        if (match.User is { } user)
            division = Field(PacketField.User, user.Value.First, user.Value.Last).Negate(user.Negated);
        if (match.Group is { } group)
        {
            Division inGroup = Field(PacketField.Group, group.Value.First, group.Value.Last);
            // Supplementary groups are no field of a packet: whoever is not in the group by its first one may still be.
            if (match.SupplementaryGroups)
                inGroup = inGroup with { Maybe = _space.Any };
            division = division.And(inGroup.Negate(group.Negated));
        }
        return division;
    }

    private Division Icmp(IcmpMatch match)
    {
        byte protocol = match.Family == IpFamily.IPv4 ? (byte)1 : (byte)58;
        Division fits = match.Type is { } type ? Field(PacketField.IcmpType, type, type) : _all;
        if (match.Code is { } code)
            fits = fits.And(Field(PacketField.IcmpCode, code, code));
        return Field(PacketField.Protocol, protocol, protocol).And(fits.Negate(match.Negated));
    }

    private Division AddressType(AddressTypeMatch match, FlowContext flow)
    {
        if (match.LimitToInInterface || match.LimitToOutInterface)
            return _unknown;
        Division division = match.Source is { } source ? Types(source.Value, PacketField.Source, flow.Source).Negate(source.Negated) : _all;
        return match.Destination is { } destination
            ? division.And(Types(destination.Value, PacketField.Destination, flow.Destination).Negate(destination.Negated))
            : division;
    }

    private Division ValueSet(ValueSetMatch match, FlowContext flow)
    {
        switch (match.Field)
        {
            case ValueField.Source:
                return Among(match, PacketField.Source, flow.Source);
            case ValueField.Destination:
                return Among(match, PacketField.Destination, flow.Destination);
            case ValueField.SourcePort:
                return AmongPorts(Among(match, PacketField.SourcePort, flow.SourcePort is { } from ? new Interval(from.First, from.Last) : null));
            case ValueField.DestinationPort:
                return AmongPorts(Among(match, PacketField.DestinationPort, flow.DestinationPort is { } port ? new Interval(port.First, port.Last) : null));
            case ValueField.Protocol:
                return Among(match, PacketField.Protocol, null);
            case ValueField.User:
                return flow.Owned ? Among(match, PacketField.User, null) : _none;
            case ValueField.Group:
                return flow.Owned ? Among(match, PacketField.Group, null) : _none;
            case ValueField.Mark:
                return Among(match, PacketField.Source, new Interval(flow.Mark, flow.Mark));
            case ValueField.ConnectionMark:
                return flow.Tracked ? Among(match, PacketField.Source, new Interval(flow.ConnectionMark, flow.ConnectionMark)) : _none;
            case ValueField.IcmpType:
                return Among(match, PacketField.IcmpType, null);
            case ValueField.IcmpCode:
                return Among(match, PacketField.IcmpCode, null);
            default:
                return _unknown;
        }
    }

    private Division Member(KnownSetMatch match, FlowContext flow)
    {
        var surely = new GrowingSet();
        var maybe = new GrowingSet();
        foreach (Match[] entry in match.Entries)
        {
            Division all = _all;
            foreach (Match part in entry)
                all = all.And(Divide(part, flow));
            surely.Add(all.Surely);
            maybe.Add(all.Maybe);
        }
        return new Division(surely.Total() ?? _space.None, maybe.Total() ?? _space.None).Negate(match.Written.Negated);
    }

    private Division Among(ValueSetMatch match, PacketField field, Interval? written)
    {
        if (written is not { } value)
            return Division.Exact(_space.Where(field, match.Ranges.Value)).Negate(match.Ranges.Negated);
        Division any = _none;
        foreach (Interval range in match.Ranges.Value)
            any = any.Or(Within(value, range.First, range.Last));
        return any.Negate(match.Ranges.Negated);
    }

    /// <summary>Of the headers of protocols without ports nothing is known.</summary>
    private Division AmongPorts(Division fits)
    {
        Division ports = WithPorts();
        return new Division(fits.Surely.And(ports.Surely), fits.Maybe.Or(ports.Negate(true).Maybe));
    }

    private Division Types(string types, PacketField field, Interval? written)
    {
        if (_space.Family == IpFamily.IPv6)
            return TypesIPv6(types, field, written);
        Division any = _none;
        foreach (string type in types.Split(','))
            any = any.Or(OneType(type, field, written));
        return any;
    }

    /// <summary>Types that need a route are a choice; those of the address alone are further conditions.</summary>
    private Division TypesIPv6(string types, PacketField field, Interval? written)
    {
        Division fits = _all;
        Division? route = null;
        foreach (string type in types.Split(','))
        {
            Division one = OneType(type, field, written);
            if (type is "UNICAST" or "MULTICAST")
                fits = fits.And(one);
            else
                route = (route ?? _none).Or(one);
        }
        return route is { } routed ? fits.And(routed) : fits;
    }

    private Division OneType(string type, PacketField field, Interval? written)
    {
        if (written is { } value && value.First != value.Last)
            return _unknown;
        IpFamily family = _space.Family;
        Division local = On(field, written, _host.LocalAddresses(family));
        Interval multicastNet = family == IpFamily.IPv4
            ? new Interval(0xE0000000, 0xEFFFFFFF)
            : new Interval((UInt128)0xFF << 120, UInt128.MaxValue);
        Division multicast = On(field, written, [multicastNet]);
        Division other = local.Or(multicast).Negate(true);
        switch (type)
        {
            case "LOCAL":
                return local;
            case "MULTICAST":
                return multicast;
            case "UNICAST" when family == IpFamily.IPv6:
                return multicast.Negate(true);
            case "UNICAST":
                return new Division(_space.None, other.Maybe);
            case "BROADCAST" when family == IpFamily.IPv4:
                Division all = On(field, written, [new Interval(uint.MaxValue, uint.MaxValue)]);
                return new Division(all.Surely.Except(local.Maybe).Except(multicast.Maybe), other.Maybe);
            default:
                return _unknown;
        }
    }

    private Division On(PacketField field, Interval? written, IEnumerable<Interval> intervals) => written is { } value
        ? Always(intervals.Any(interval => interval.Contains(value.First)))
        : Division.Exact(_space.Where(field, intervals));
}
