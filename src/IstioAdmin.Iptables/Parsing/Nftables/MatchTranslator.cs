using System.Text.Json;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Model.Matches;

namespace IstioAdmin.Iptables.Parsing.Nftables;

/// <summary>
/// Turns nft's comparisons into matches: iptables' own where one says the same, sets of values where none does, and an
/// <see cref="UnknownMatch"/> with the comparison's words where it is not understood.
/// </summary>
internal sealed class MatchTranslator
{
    // A multiport match holds 15 ports, and a range counts for two (iptables, extensions/libxt_multiport.c).
    private const int MostPorts = 15;

    private readonly IpFamily _family;
    private readonly ValueReader _values;

    public MatchTranslator(NftTable table, IpFamily family)
    {
        _family = family;
        _values = new ValueReader(table, family);
    }

    /// <summary>Adds what a comparison asks.</summary>
    public void Add(string? op, JsonElement left, JsonElement right, string words, List<Match> matches)
    {
        if (left.Tagged("concat") is { } parts && op == "==")
        {
            AddConcatenation([.. parts.OneOrMore()], right, words, matches);
            return;
        }
        JsonElement? mask = null;
        if (left.Tagged("&") is { ValueKind: JsonValueKind.Array } masked && masked.GetArrayLength() == 2)
            (left, mask) = (masked[0], masked[1]);
        Operand operand = Operand.Read(left);
        if (!Imply(operand, words, matches))
            return;
        Match? match = operand.Kind switch
        {
            OperandKind.Unknown => null,
            OperandKind.ConnectionState => State(op, mask, right, words),
            OperandKind.ConnectionStatus => mask is null ? Status(op, right) : null,
            OperandKind.TcpFlags => Flags(op, mask, right),
            OperandKind.InInterface or OperandKind.OutInterface => mask is null ? Interface(operand.Kind, op, right, words) : null,
            OperandKind.SourceType or OperandKind.DestinationType => mask is null ? AddressType(operand, op, right) : null,
            OperandKind.Family => mask is null ? Family(op, right, words) : null,
            OperandKind.FragmentOffset => Fragment(op, mask, right),
            _ => mask is { } bits ? Masked(operand.Kind, op, bits, right, words) : Values(operand, op, right, words),
        };
        Append(match ?? new UnknownMatch(words), matches);
    }

    /// <summary>Adds that a key is one of some elements' keys.</summary>
    public void AddKey(JsonElement key, JsonElement element, string words, List<Match> matches)
    {
        element = ValueReader.Bare(element);
        if (key.Tagged("concat") is { } parts)
            AddElement([.. parts.OneOrMore()], element, words, matches);
        else
            Add("==", key, element, words, matches);
    }

    /// <summary>Adds that a key is none of some: what is left to a map's catch-all element.</summary>
    public void AddOther(JsonElement key, IEnumerable<JsonElement> elements, string words, List<Match> matches)
    {
        Operand operand = Operand.Read(key);
        if (!Imply(operand, words, matches))
            return;
        matches.Add(Field(operand.Kind) is { } field && _values.Read(operand.Kind, elements) is { } ranges
            ? new ValueSetMatch(field, new(ranges, true), words)
            : new UnknownMatch(words));
    }

    /// <summary>A set of concatenations with one element is a conjunction; no match holds more of them.</summary>
    private void AddConcatenation(IReadOnlyList<JsonElement> parts, JsonElement right, string words, List<Match> matches)
    {
        if (_values.Alternatives(right) is [var only])
        {
            AddElement(parts, ValueReader.Bare(only), words, matches);
            return;
        }
        foreach (JsonElement part in parts)
        {
            if (!Imply(Operand.Read(part), words, matches))
                return;
        }
        matches.Add(new UnknownMatch(words));
    }

    private void AddElement(IReadOnlyList<JsonElement> parts, JsonElement element, string words, List<Match> matches)
    {
        JsonElement[] values = element.Tagged("concat") is { } concatenated ? [.. concatenated.OneOrMore()] : [];
        if (values.Length != parts.Count)
        {
            matches.Add(new UnknownMatch(words));
            return;
        }
        for (int i = 0; i < values.Length; i++)
            Add("==", parts[i], values[i], words, matches);
    }

    /// <summary>Adds what reading the operand takes for granted; false when no packet of the family can have it.</summary>
    private bool Imply(Operand operand, string words, List<Match> matches)
    {
        if (operand.Family is { } family && family != _family)
        {
            matches.Add(new NeverMatch(words));
            return false;
        }
        if (operand.Protocol is { } protocol)
            Append(new ProtocolMatch(new(protocol, false)), matches);
        if (operand is { NeedsEntry: true, Kind: not OperandKind.ConnectionMark })
            Append(Tracked, matches);
        return true;
    }

    /// <summary>That the packet has a conntrack entry.</summary>
    public static ConnectionMatch Tracked { get; } = new("conntrack", new(ConnectionStates.Invalid | ConnectionStates.Untracked, true));

    private static void Append(Match match, List<Match> matches)
    {
        // Both ports of a protocol are one match with iptables.
        if (match is TransportMatch { Source: null, Flags: null } second && matches.Count > 0
            && matches[^1] is TransportMatch { Destination: null, Flags: null } first && first.Extension == second.Extension)
        {
            matches[^1] = first with { Destination = second.Destination };
        }
        else if (match is not (ProtocolMatch or ConnectionMatch) || !matches.Contains(match))
        {
            matches.Add(match);
        }
    }

    private static ValueField? Field(OperandKind kind) => kind switch
    {
        OperandKind.Source => ValueField.Source,
        OperandKind.Destination => ValueField.Destination,
        OperandKind.SourcePort => ValueField.SourcePort,
        OperandKind.DestinationPort => ValueField.DestinationPort,
        OperandKind.Protocol => ValueField.Protocol,
        OperandKind.User => ValueField.User,
        OperandKind.Group => ValueField.Group,
        OperandKind.Mark => ValueField.Mark,
        OperandKind.ConnectionMark => ValueField.ConnectionMark,
        OperandKind.IcmpType => ValueField.IcmpType,
        OperandKind.IcmpCode => ValueField.IcmpCode,
        _ => null,
    };

    private Match? Values(Operand operand, string? op, JsonElement right, string words)
    {
        if (Field(operand.Kind) is not { } field || _values.Alternatives(right) is not { } alternatives)
            return null;
        IReadOnlyList<Interval>? ranges;
        bool negated = op == "!=";
        if (op is "==" or "!=" or "in")
            ranges = _values.Read(operand.Kind, alternatives);
        else
            ranges = alternatives.Count == 1 && _values.Value(operand.Kind, alternatives[0]) is { } border ? Beyond(op, border, _values.Max(operand.Kind)) : null;
        if (ranges is null)
            return null;
        return Simple(operand, ranges, negated) ?? new ValueSetMatch(field, new(ranges, negated), words);
    }

    private static Interval[]? Beyond(string? op, UInt128 border, UInt128 max) => op switch
    {
        "<" => border == 0 ? [] : [new(0, border - 1)],
        "<=" => [new(0, border)],
        ">" => border == max ? [] : [new(border + 1, max)],
        ">=" => [new(border, max)],
        _ => null,
    };

    /// <summary>The match that iptables has for it, or null.</summary>
    private Match? Simple(Operand operand, IReadOnlyList<Interval> ranges, bool negated)
    {
        if (operand is { Kind: OperandKind.SourcePort or OperandKind.DestinationPort, Protocol: { } protocol })
            return Ports(operand.Kind == OperandKind.SourcePort, protocol, ranges, negated);
        if (ranges.Count != 1)
            return null;
        Interval range = ranges[0];
        bool one = range.First == range.Last;
        switch (operand.Kind)
        {
            case OperandKind.Source or OperandKind.Destination:
                return Address(operand.Kind == OperandKind.Source, range, negated);
            case OperandKind.Protocol when one && range.First != 0:
                return new ProtocolMatch(new(new IpProtocol((byte)range.First), negated));
            // Without a socket xt_owner.c lets a negated option fit, nft does not.
            case OperandKind.User when !negated:
                return new OwnerMatch { User = new(new IdRange((uint)range.First, (uint)range.Last), false) };
            case OperandKind.Group when !negated:
                return new OwnerMatch { Group = new(new IdRange((uint)range.First, (uint)range.Last), false) };
            case OperandKind.Mark when one:
                return new MarkMatch(new(new MaskedValue((uint)range.First, uint.MaxValue), negated));
            case OperandKind.ConnectionMark when one:
                return new ConnmarkMatch(new(new MaskedValue((uint)range.First, uint.MaxValue), negated));
            case OperandKind.IcmpType when one:
                return new IcmpMatch(_family, (byte)range.First, null, negated);
            default:
                return null;
        }
    }

    private static Match? Ports(bool source, IpProtocol protocol, IReadOnlyList<Interval> ranges, bool negated)
    {
        PortRange[] ports = [.. ranges.Select(range => new PortRange((ushort)range.First, (ushort)range.Last))];
        if (ports.Length == 1 && protocol.Number is 6 or 17 or 33 or 132)
        {
            Negatable<PortRange> only = new(ports[0], negated);
            return new TransportMatch { Extension = protocol.ToString(), Source = source ? only : null, Destination = source ? null : only };
        }
        bool fits = ports.Length > 0 && ports.Sum(range => range.First == range.Last ? 1 : 2) <= MostPorts;
        return fits ? new MultiportMatch(source ? PortSide.Source : PortSide.Destination, new(ports, negated)) : null;
    }

    private Match Address(bool source, Interval range, bool negated)
    {
        UInt128 mask = AddressPattern.FullMask(_family) & ~(range.First ^ range.Last);
        var pattern = new AddressPattern(_family, range.First & mask, mask);
        // A prefix ends where all bits behind it are set.
        if (pattern.PrefixLength is not null && pattern.Value == range.First && (range.First | (AddressPattern.FullMask(_family) & ~mask)) == range.Last)
            return source ? new SourceMatch(new(pattern, negated)) : new DestinationMatch(new(pattern, negated));
        Negatable<AddressRange> asked = new(new AddressRange(_family, range.First, range.Last), negated);
        return source ? new AddressRangeMatch { Source = asked } : new AddressRangeMatch { Destination = asked };
    }

    private Match? Masked(OperandKind kind, string? op, JsonElement mask, JsonElement right, string words)
    {
        if (op is not ("==" or "!=") || _values.Value(kind, mask) is not { } bits || _values.Value(kind, right) is not { } value)
            return null;
        Negatable<MaskedValue> mark = new(new MaskedValue((uint)value, (uint)bits), op == "!=");
        // Bits outside the mask are never set: the comparison has one answer for every packet that has the value.
        bool possible = (value & ~bits) == 0;
        return kind switch
        {
            OperandKind.Mark => new MarkMatch(mark),
            OperandKind.ConnectionMark => new ConnmarkMatch(mark),
            OperandKind.Source when possible => new SourceMatch(new(new AddressPattern(_family, value, bits), op == "!=")),
            OperandKind.Destination when possible => new DestinationMatch(new(new AddressPattern(_family, value, bits), op == "!=")),
            OperandKind.Source or OperandKind.Destination when op == "==" => new NeverMatch(words),
            _ => null,
        };
    }

    private ConnectionMatch? State(string? op, JsonElement? mask, JsonElement right, string words)
    {
        if (mask is { } masked && Bits(masked) is null)
            return null;
        uint bits = mask is { } written ? Bits(written)!.Value : uint.MaxValue;
        var fitting = ConnectionStates.None;
        if (_values.Alternatives(right) is not { } alternatives)
            return null;
        foreach (JsonElement alternative in alternatives)
        {
            if (Bits(ValueReader.Bare(alternative)) is not { } value)
                return null;
            bool several = op is "in" or "!" && right.Tagged("set") is null;
            foreach ((_, uint bit, ConnectionStates state) in Symbols.States)
            {
                if (several ? (bit & bits & value) != 0 : (bit & bits) == value)
                    fitting |= state;
            }
        }
        return op is "==" or "!=" or "in" or "!" ? new ConnectionMatch("conntrack", new(fitting, op is "!=" or "!")) : null;
    }

    private static uint? Bits(JsonElement value)
    {
        if (((JsonElement?)value).Number() is { } number)
            return number;
        uint bits = 0;
        foreach (JsonElement name in value.OneOrMore())
        {
            uint bit = Symbols.States.FirstOrDefault(state => state.Name == ((JsonElement?)name).Text()).Bit;
            if (bit == 0)
                return null;
            bits |= bit;
        }
        return bits;
    }

    /// <summary>Of the status bits only those of NAT are followed.</summary>
    private static ConnectionMatch? Status(string? op, JsonElement right)
    {
        var asked = ConnectionStates.None;
        foreach (JsonElement name in right.OneOrMore())
        {
            ConnectionStates? state = ((JsonElement?)name).Text() switch
            {
                "snat" => ConnectionStates.Snat,
                "dnat" => ConnectionStates.Dnat,
                _ => null,
            };
            if (state is null)
                return null;
            asked |= state.Value;
        }
        return op is "in" or "!" ? new ConnectionMatch("conntrack", new(asked, op == "!")) : null;
    }

    private static TransportMatch? Flags(string? op, JsonElement? mask, JsonElement right)
    {
        if (FlagBits(right) is not { } value)
            return null;
        switch (op)
        {
            case "in" or "!" when mask is null:
                // Any of them: not none of them.
                return WithFlags(value, TcpControlBits.None, negated: op == "in");
            case "==" or "!=":
                TcpControlBits? looked = mask is { } bits ? FlagBits(bits) : (TcpControlBits)byte.MaxValue;
                return looked is { } flags ? WithFlags(flags, value, negated: op == "!=") : null;
            default:
                return null;
        }
    }

    private static TransportMatch WithFlags(TcpControlBits mask, TcpControlBits compare, bool negated) =>
        new() { Extension = "tcp", Flags = new(new TcpFlagsPattern(mask, compare), negated) };

    private static TcpControlBits? FlagBits(JsonElement value)
    {
        if (((JsonElement?)value).Number() is { } number)
            return number <= byte.MaxValue ? (TcpControlBits)number : null;
        byte bits = 0;
        foreach (JsonElement written in value.Tagged("|")?.OneOrMore() ?? value.OneOrMore())
        {
            if (((JsonElement?)written).Text() is not { } name || Symbols.TcpFlag(name) is not { } flag)
                return null;
            bits |= flag;
        }
        return (TcpControlBits)bits;
    }

    private Match? Interface(OperandKind kind, string? op, JsonElement right, string words)
    {
        if (op is not ("==" or "!=" or "in") || _values.Alternatives(right) is not { } alternatives)
            return null;
        var patterns = new List<InterfacePattern>();
        foreach (JsonElement alternative in alternatives)
        {
            // An index without its name says nothing. What iptables takes for a wildcard is a letter of the name here, and '*' is the wildcard.
            if (((JsonElement?)ValueReader.Bare(alternative)).Text() is not { Length: > 0 } name || name.EndsWith('+') || name.Contains('\\', StringComparison.Ordinal))
                return null;
            patterns.Add(new InterfacePattern(name.EndsWith('*') ? name[..^1] + "+" : name));
        }
        bool incoming = kind == OperandKind.InInterface, negated = op == "!=";
        if (patterns is not [var only])
            return new InterfaceSetMatch(incoming, new(patterns, negated), words);
        return incoming ? new InInterfaceMatch(new(only, negated)) : new OutInterfaceMatch(new(only, negated));
    }

    private AddressTypeMatch? AddressType(Operand operand, string? op, JsonElement right)
    {
        if (op is not ("==" or "!=" or "in") || _values.Alternatives(right) is not { Count: > 0 } alternatives)
            return null;
        var types = new List<string>();
        foreach (JsonElement alternative in alternatives)
        {
            // nft_fib_ipv6.c and xt_addrtype.c agree on what is local, and not on all else.
            if (((JsonElement?)ValueReader.Bare(alternative)).Text() is not { } name || Symbols.AddressType(name) is not { } type || (_family == IpFamily.IPv6 && name != "local"))
                return null;
            types.Add(type);
        }
        Negatable<string> asked = new(string.Join(',', types), op == "!=");
        return new AddressTypeMatch
        {
            Source = operand.Kind == OperandKind.SourceType ? asked : null,
            Destination = operand.Kind == OperandKind.DestinationType ? asked : null,
            LimitToInInterface = operand.OfInInterface,
            LimitToOutInterface = operand.OfOutInterface,
        };
    }

    /// <summary>All packets of a ruleset are of its family: they fit, or none does.</summary>
    private Match? Family(string? op, JsonElement right, string words)
    {
        if (op is not ("==" or "!=" or "in") || _values.Alternatives(right) is not { } alternatives)
            return null;
        bool among = false;
        foreach (JsonElement alternative in alternatives)
        {
            switch (((JsonElement?)ValueReader.Bare(alternative)).Text())
            {
                case "ip" or "ipv4":
                    among |= _family == IpFamily.IPv4;
                    break;
                case "ip6" or "ipv6":
                    among |= _family == IpFamily.IPv6;
                    break;
                case "arp" or "vlan" or "bridge" or "netdev":
                    break;
                default:
                    return null;
            }
        }
        // A comment fits every packet.
        return among ^ (op == "!=") ? new CommentMatch(words) : new NeverMatch(words);
    }

    private static FragmentMatch? Fragment(string? op, JsonElement? mask, JsonElement right) =>
        mask.Number() == 0x1FFF && ((JsonElement?)right).Number() == 0 && op is "==" or "!=" ? new FragmentMatch(op == "==") : null;
}
