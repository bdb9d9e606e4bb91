using System.Globalization;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Model.Matches;

namespace IstioAdmin.Iptables.Parsing;

/// <summary>
/// The match extensions that are understood, one row each; the options of a row are those of the extension's source file
/// in iptables (extensions/libxt_NAME.c, libipt_NAME.c, libip6t_NAME.c). Null means: keep the words, understand nothing.
/// </summary>
internal static class MatchGrammar
{
    /// <summary>Reads the options of one extension.</summary>
    public static Match? Read(ReadOnlySpan<char> extension, ReadOnlySpan<char> options, IpFamily family)
    {
        var reader = new ExtensionReader(options, family);
        Match? match = extension switch
        {
            "tcp" => Transport(ref reader, "tcp"),
            "udp" => Transport(ref reader, "udp"),
            "sctp" => Transport(ref reader, "sctp"),
            "dccp" => Transport(ref reader, "dccp"),
            "multiport" => Multiport(ref reader),
            "owner" => Owner(ref reader),
            "conntrack" => Connection(ref reader, "conntrack", "--ctstate"),
            "state" => Connection(ref reader, "state", "--state"),
            "mark" => reader.NextOption() && reader.Option is "--mark" ? new MarkMatch(new(reader.Mark(), reader.Negated)) : null,
            "connmark" => reader.NextOption() && reader.Option is "--mark" ? new ConnmarkMatch(new(reader.Mark(), reader.Negated)) : null,
            "addrtype" => AddressType(ref reader),
            "icmp" => Icmp(ref reader, IpFamily.IPv4, "--icmp-type"),
            "icmp6" => Icmp(ref reader, IpFamily.IPv6, "--icmpv6-type"),
            "iprange" => Range(ref reader),
            "comment" => reader.NextOption() && reader.Option is "--comment" && !reader.Negated ? new CommentMatch(reader.Value().ToString()) : null,
            "set" => Set(ref reader),
            "physdev" => PhysicalDevice(ref reader),
            _ => null,
        };
        return reader.Known && match is not null && !reader.NextOption() ? match : null;
    }

    /// <summary>The extension that iptables loads by itself for a protocol's options (<c>-p tcp --dport 22</c>), or null.</summary>
    public static string? Implicit(IpProtocol protocol) => protocol.Number switch
    {
        1 => "icmp",
        6 => "tcp",
        17 => "udp",
        33 => "dccp",
        58 => "icmp6",
        132 => "sctp",
        _ => null,
    };

    private static TransportMatch? Transport(ref ExtensionReader reader, string extension)
    {
        Negatable<PortRange>? source = null, destination = null;
        Negatable<TcpFlagsPattern>? flags = null;
        while (reader.NextOption())
        {
            bool negated = reader.Negated;
            switch (reader.Option)
            {
                case "--sport" or "--source-port" when source is null:
                    source = new(reader.Ports(':'), negated);
                    break;
                case "--dport" or "--destination-port" when destination is null:
                    destination = new(reader.Ports(':'), negated);
                    break;
                case "--syn" when extension == "tcp" && flags is null:
                    flags = new(TcpFlagsPattern.Syn, negated);
                    break;
                case "--tcp-flags" when extension == "tcp" && flags is null
                    && TcpFlagsPattern.TryParseFlags(reader.Value(), out TcpControlBits mask)
                    && TcpFlagsPattern.TryParseFlags(reader.Value(), out TcpControlBits compare):
                    flags = new(new(mask, compare), negated);
                    break;
                default:
                    reader.Unknown();
                    break;
            }
        }
        return new TransportMatch { Extension = extension, Source = source, Destination = destination, Flags = flags };
    }

    private static MultiportMatch? Multiport(ref ExtensionReader reader)
    {
        if (!reader.NextOption())
            return null;
        PortSide? side = reader.Option switch
        {
            "--sports" or "--source-ports" => PortSide.Source,
            "--dports" or "--destination-ports" => PortSide.Destination,
            "--ports" => PortSide.Either,
            _ => null,
        };
        if (side is null)
            return null;
        bool negated = reader.Negated;
        ReadOnlySpan<char> text = reader.Value();
        var ports = new List<PortRange>(4);
        while (true)
        {
            int comma = text.IndexOf(',');
            ports.Add(reader.Ports(comma < 0 ? text : text[..comma], ':'));
            if (comma < 0)
                break;
            text = text[(comma + 1)..];
        }
        return new MultiportMatch(side.Value, new(ports, negated));
    }

    private static OwnerMatch Owner(ref ExtensionReader reader)
    {
        var match = new OwnerMatch();
        while (reader.NextOption())
        {
            bool negated = reader.Negated;
            switch (reader.Option)
            {
                case "--uid-owner" when match.User is null:
                    match = match with { User = new(reader.Ids(), negated) };
                    break;
                case "--gid-owner" when match.Group is null:
                    match = match with { Group = new(reader.Ids(), negated) };
                    break;
                case "--socket-exists":
                    match = match with { SocketExists = true, SocketExistsNegated = negated };
                    break;
                case "--suppl-groups" when !negated:
                    match = match with { SupplementaryGroups = true };
                    break;
                default:
                    reader.Unknown();
                    break;
            }
        }
        return match;
    }

    private static ConnectionMatch? Connection(ref ExtensionReader reader, string extension, string option)
    {
        if (!reader.NextOption() || !reader.Option.Equals(option, StringComparison.Ordinal))
            return null;
        bool negated = reader.Negated;
        return ConnectionStateText.TryParse(reader.Value(), extension == "conntrack", out ConnectionStates states)
            ? new ConnectionMatch(extension, new(states, negated))
            : null;
    }

    private static AddressTypeMatch AddressType(ref ExtensionReader reader)
    {
        var match = new AddressTypeMatch();
        while (reader.NextOption())
        {
            bool negated = reader.Negated;
            switch (reader.Option)
            {
                case "--src-type" when match.Source is null:
                    match = match with { Source = new(reader.Name(), negated) };
                    break;
                case "--dst-type" when match.Destination is null:
                    match = match with { Destination = new(reader.Name(), negated) };
                    break;
                case "--limit-iface-in" when !negated:
                    match = match with { LimitToInInterface = true };
                    break;
                case "--limit-iface-out" when !negated:
                    match = match with { LimitToOutInterface = true };
                    break;
                default:
                    reader.Unknown();
                    break;
            }
        }
        return match;
    }

    private static IcmpMatch? Icmp(ref ExtensionReader reader, IpFamily family, string option)
    {
        if (!reader.NextOption() || !reader.Option.Equals(option, StringComparison.Ordinal))
            return null;
        bool negated = reader.Negated;
        ReadOnlySpan<char> text = reader.Value();
        if (text is "any" && family == IpFamily.IPv4)
            return new IcmpMatch(family, null, null, negated);
        int slash = text.IndexOf('/');
        if (!byte.TryParse(slash < 0 ? text : text[..slash], NumberStyles.None, CultureInfo.InvariantCulture, out byte type))
            return null;
        if (slash < 0)
            return new IcmpMatch(family, type, null, negated);
        return byte.TryParse(text[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out byte code)
            ? new IcmpMatch(family, type, code, negated)
            : null;
    }

    private static AddressRangeMatch Range(ref ExtensionReader reader)
    {
        var match = new AddressRangeMatch();
        while (reader.NextOption())
        {
            bool negated = reader.Negated;
            ReadOnlySpan<char> option = reader.Option;
            if (!TryParseRange(reader.Value(), reader.Family, out AddressRange range))
                reader.Unknown();
            else if (option is "--src-range" && match.Source is null)
                match = match with { Source = new(range, negated) };
            else if (option is "--dst-range" && match.Destination is null)
                match = match with { Destination = new(range, negated) };
            else
                reader.Unknown();
        }
        return match;
    }

    private static bool TryParseRange(ReadOnlySpan<char> text, IpFamily family, out AddressRange range)
    {
        range = default;
        int dash = text.IndexOf('-');
        if (!AddressPattern.TryParseAddress(dash < 0 ? text : text[..dash], family, out UInt128 first))
            return false;
        UInt128 last = first;
        if (dash >= 0 && !AddressPattern.TryParseAddress(text[(dash + 1)..], family, out last))
            return false;
        range = new AddressRange(family, first, last);
        return true;
    }

    private static SetMatch? Set(ref ExtensionReader reader)
    {
        if (!reader.NextOption() || reader.Option is not "--match-set")
            return null;
        bool negated = reader.Negated;
        string name = reader.Name();
        return new SetMatch(name, reader.Name(), negated);
    }

    private static PhysicalDeviceMatch PhysicalDevice(ref ExtensionReader reader)
    {
        var match = new PhysicalDeviceMatch();
        while (reader.NextOption())
        {
            bool negated = reader.Negated;
            switch (reader.Option)
            {
                case "--physdev-in" when match.In is null:
                    match = match with { In = new(new(reader.Name()), negated) };
                    break;
                case "--physdev-out" when match.Out is null:
                    match = match with { Out = new(new(reader.Name()), negated) };
                    break;
                case "--physdev-is-in":
                    match = match with { IsIn = !negated };
                    break;
                case "--physdev-is-out":
                    match = match with { IsOut = !negated };
                    break;
                case "--physdev-is-bridged":
                    match = match with { IsBridged = !negated };
                    break;
                default:
                    reader.Unknown();
                    break;
            }
        }
        return match;
    }
}
