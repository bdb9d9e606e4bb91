using System.Globalization;
using IstioAdmin.Core;
using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Inspection;

/// <summary>Reads what administrators type for addresses, ports, ids and protocols. What cannot be read is an error that names the parameter.</summary>
internal static class Terms
{
    /// <summary>A protocol by name or number.</summary>
    public static IpProtocol Protocol(string parameter, string text, IpFamily family)
    {
        if (!IpProtocol.TryParse(text.ToLowerInvariant(), out IpProtocol protocol) || protocol == IpProtocol.All)
            throw Bad(parameter, text, "no protocol", "Give a name such as tcp, udp or icmp, or a number from 1 to 255.");
        // Each family has a control protocol of its own; whoever says icmp means the one that is there.
        bool control = protocol == IpProtocol.Icmp || protocol == IpProtocol.IcmpV6;
        return control && !char.IsAsciiDigit(text[0]) ? family == IpFamily.IPv4 ? IpProtocol.Icmp : IpProtocol.IcmpV6 : protocol;
    }

    /// <summary>One port.</summary>
    public static ushort Port(string parameter, string text) => ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)
        ? port
        : throw Bad(parameter, text, "no port", "Give a number from 0 to 65535.");

    /// <summary>A port or a range of ports: 80, 8000-8080 or 8000:8080.</summary>
    public static PortRange Ports(string parameter, string text)
    {
        (string first, string last) = Ends(text, '-', ':');
        PortRange range = new(Port(parameter, first), Port(parameter, last));
        return range.First <= range.Last ? range : throw Bad(parameter, text, "no range of ports: its end comes before its beginning", "Write the lower port first.");
    }

    /// <summary>A user or group id, or a range of them.</summary>
    public static IdRange Ids(string parameter, string text)
    {
        (string first, string last) = Ends(text, '-', ':');
        IdRange range = new(Id(parameter, first), Id(parameter, last));
        return range.First <= range.Last ? range : throw Bad(parameter, text, "no range of ids: its end comes before its beginning", "Write the lower id first.");
    }

    /// <summary>One user or group id.</summary>
    public static uint Id(string parameter, string text) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint id)
        ? id
        : throw Bad(parameter, text, "no id", "Give a number; names are known on the node only.");

    /// <summary>A mark, decimal or with 0x.</summary>
    public static uint Mark(string parameter, string text)
    {
        bool hex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return uint.TryParse(hex ? text.AsSpan(2) : text, hex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out uint mark)
            ? mark
            : throw Bad(parameter, text, "no mark", "Give a number such as 1337 or 0x539.");
    }

    /// <summary>One address and its family.</summary>
    public static (IpFamily Family, UInt128 Address) Address(string parameter, string text)
    {
        IpFamily family = FamilyOf(text);
        return AddressPattern.TryParseAddress(text, family, out UInt128 address)
            ? (family, address)
            : throw Bad(parameter, text, "no address", "Give an address such as 10.244.7.5 or fd00::5.");
    }

    /// <summary>An address, a prefix, or a range from one address to another.</summary>
    public static (IpFamily Family, Interval Addresses) Addresses(string parameter, string text)
    {
        IpFamily family = FamilyOf(text);
        int dash = text.IndexOf('-', StringComparison.Ordinal);
        if (dash >= 0)
        {
            (IpFamily Family, UInt128 Address) first = Address(parameter, text[..dash]), last = Address(parameter, text[(dash + 1)..]);
            family = first.Family;
            if (family != last.Family)
                throw Bad(parameter, text, "no range of addresses: its ends are of different families", "Give two addresses of one family.");
            Interval range = new(first.Address, last.Address);
            return range.First <= range.Last ? (family, range) : throw Bad(parameter, text, "no range of addresses: its end comes before its beginning", "Write the lower address first.");
        }
        return AddressPattern.TryParse(text, family, out AddressPattern pattern) && pattern.PrefixLength is not null
            ? (family, Interval.Of(pattern))
            : throw Bad(parameter, text, "no address and no prefix", "Give an address, a prefix such as 10.0.0.0/8, or a range such as 10.0.0.1-10.0.0.9.");
    }

    /// <summary>States of a connection by their names.</summary>
    public static ConnectionStates State(string parameter, string text) => ConnectionStateText.TryParse(text.ToUpperInvariant(), withNat: false, out ConnectionStates state)
        ? state
        : throw Bad(parameter, text, "no state", "Give New, Established, Related, Invalid or Untracked.");

    private static IpFamily FamilyOf(string text) => text.Contains(':', StringComparison.Ordinal) ? IpFamily.IPv6 : IpFamily.IPv4;

    private static (string First, string Last) Ends(string text, params char[] separators)
    {
        int at = text.IndexOfAny(separators);
        return at < 0 ? (text, text) : (text[..at], text[(at + 1)..]);
    }

    private static MeshException Bad(string parameter, string text, string what, string remedy) =>
        new("InvalidValue", FailureKind.InvalidInput, $"-{parameter}: '{text}' is {what}.", remedy, text);
}
