using System.Globalization;
using System.Text.Json;
using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Parsing.Nftables;

/// <summary>Reads the right side of a comparison as ranges of numbers.</summary>
internal sealed class ValueReader
{
    private readonly NftTable _table;
    private readonly IpFamily _family;

    public ValueReader(NftTable table, IpFamily family) => (_table, _family) = (table, family);

    /// <summary>The elements of a set: written in the rule or named; null when what is in it is not known.</summary>
    public IReadOnlyList<JsonElement>? Elements(JsonElement set)
    {
        if (((JsonElement?)set).Text() is { } name && name.StartsWith('@'))
            return _table.Sets.GetValueOrDefault(name[1..]) is { Changes: false } named ? named.Elements : null;
        return set.Tagged("set") is { } written ? [.. written.OneOrMore()] : null;
    }

    /// <summary>The single values and ranges that a right side names; null when what is in it is not known.</summary>
    public IReadOnlyList<JsonElement>? Alternatives(JsonElement right) =>
        right.Tagged("set") is not null || (((JsonElement?)right).Text() is { } name && name.StartsWith('@')) ? Elements(right) : [right];

    /// <summary>An element without what is said about it.</summary>
    public static JsonElement Bare(JsonElement element) => element.Tagged("elem") is { } dressed && dressed.Member("val") is { } value ? value : element;

    /// <summary>The values of the alternatives; null when one of them is not understood.</summary>
    public IReadOnlyList<Interval>? Read(OperandKind kind, IEnumerable<JsonElement> alternatives)
    {
        var ranges = new List<Interval>();
        foreach (JsonElement alternative in alternatives)
        {
            if (Range(kind, Bare(alternative)) is not { } range)
                return null;
            ranges.Add(range);
        }
        return ranges;
    }

    /// <summary>The highest value that there is.</summary>
    public UInt128 Max(OperandKind kind) => kind switch
    {
        OperandKind.Source or OperandKind.Destination => AddressPattern.FullMask(_family),
        OperandKind.SourcePort or OperandKind.DestinationPort => ushort.MaxValue,
        OperandKind.Protocol or OperandKind.IcmpType or OperandKind.IcmpCode => byte.MaxValue,
        _ => uint.MaxValue,
    };

    /// <summary>One number, or an address, by its name or by its digits.</summary>
    public UInt128? Value(OperandKind kind, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Number)
            return value.TryGetUInt32(out uint number) && number <= Max(kind) ? number : null;
        if (((JsonElement?)value).Text() is not { } text)
            return null;
        switch (kind)
        {
            case OperandKind.Source or OperandKind.Destination:
                return AddressPattern.TryParseAddress(text, _family, out UInt128 address) ? address : null;
            case OperandKind.Protocol:
                return IpProtocol.TryParse(text, out IpProtocol protocol) && text != "all" ? protocol.Number : null;
            case OperandKind.IcmpType:
                return _family == IpFamily.IPv4 ? Symbols.IcmpType(text) : Symbols.IcmpV6Type(text);
            case OperandKind.IcmpCode:
                return Symbols.IcmpCode(text, _family);
            default:
                return uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint digits) && digits <= Max(kind) ? digits : null;
        }
    }

    private Interval? Range(OperandKind kind, JsonElement value)
    {
        if (((JsonElement?)value).Text() == "*")
            return new Interval(0, Max(kind));
        if (value.Tagged("range") is { ValueKind: JsonValueKind.Array } ends)
        {
            return ends.GetArrayLength() == 2 && Value(kind, ends[0]) is { } first && Value(kind, ends[1]) is { } last && first <= last
                ? new Interval(first, last)
                : null;
        }
        if (value.Tagged("prefix") is { } prefix)
        {
            if (kind is not (OperandKind.Source or OperandKind.Destination)
                || prefix.Member("addr") is not { } written || Value(kind, written) is not { } address
                || prefix.Member("len").Number() is not { } length || length > AddressPattern.Width(_family))
            {
                return null;
            }
            UInt128 mask = AddressPattern.PrefixMask(_family, (int)length);
            return new Interval(address & mask, (address & mask) | (AddressPattern.FullMask(_family) & ~mask));
        }
        return Value(kind, value) is { } one ? new Interval(one, one) : null;
    }
}
