using System.Globalization;
using System.Text;

namespace IstioAdmin.Iptables.Model.Targets;

/// <summary>Addresses and ports that DNAT or SNAT may choose from.</summary>
public sealed record NatRange
{
    /// <summary>Family of the addresses.</summary>
    public required IpFamily Family { get; init; }

    /// <summary>Lowest and highest address; null keeps the address.</summary>
    public (UInt128 First, UInt128 Last)? Addresses { get; init; }

    /// <summary>The ports; null keeps the port where possible.</summary>
    public PortRange? Ports { get; init; }

    /// <summary>For a shifted port map (<c>--to-destination a:1000-2000/3000</c>): the port that maps to the first of <see cref="Ports"/>.</summary>
    public ushort? BasePort { get; init; }

    /// <summary>Reads <c>a</c>, <c>a-b</c>, <c>a:p</c>, <c>a-b:p-q/base</c>, <c>:p</c>; IPv6 addresses with ports stand in brackets.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, IpFamily family, out NatRange? range)
    {
        range = null;
        ReadOnlySpan<char> addresses = text, ports = default;
        if (family == IpFamily.IPv6)
        {
            if (text.Length > 0 && text[0] == '[')
            {
                int close = text.IndexOf(']');
                if (close < 0 || (close + 1 < text.Length && text[close + 1] != ':'))
                    return false;
                addresses = text[1..close];
                ports = close + 1 < text.Length ? text[(close + 2)..] : default;
            }
            else if (text.Length > 1 && text[0] == ':' && text[1] != ':')
            {
                addresses = default;
                ports = text[1..];
            }
        }
        else
        {
            int colon = text.IndexOf(':');
            if (colon >= 0)
            {
                addresses = text[..colon];
                ports = text[(colon + 1)..];
                if (ports.IsEmpty)
                    return false;
            }
        }
        (UInt128, UInt128)? span = null;
        if (!addresses.IsEmpty)
        {
            int dash = addresses.IndexOf('-');
            if (!AddressPattern.TryParseAddress(dash < 0 ? addresses : addresses[..dash], family, out UInt128 first))
                return false;
            UInt128 last = first;
            if (dash >= 0 && !AddressPattern.TryParseAddress(addresses[(dash + 1)..], family, out last))
                return false;
            span = (first, last);
        }
        PortRange? portRange = null;
        ushort? basePort = null;
        if (!ports.IsEmpty)
        {
            int slash = ports.IndexOf('/');
            if (slash >= 0)
            {
                if (!ushort.TryParse(ports[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out ushort shift))
                    return false;
                basePort = shift;
                ports = ports[..slash];
            }
            int dash = ports.IndexOf('-');
            if (!ushort.TryParse(dash < 0 ? ports : ports[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out ushort first))
                return false;
            ushort last = first;
            if (dash >= 0 && !ushort.TryParse(ports[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out last))
                return false;
            portRange = new PortRange(first, last);
        }
        if (span is null && portRange is null)
            return false;
        range = new NatRange { Family = family, Addresses = span, Ports = portRange, BasePort = basePort };
        return true;
    }

    /// <summary>Appends the range as iptables-save prints it.</summary>
    public void AppendTo(StringBuilder text)
    {
        bool bracket = Family == IpFamily.IPv6 && Addresses is not null && Ports is not null;
        if (bracket)
            text.Append('[');
        if (Addresses is { } addresses)
        {
            AddressPattern.AppendAddress(text, addresses.First, Family);
            if (addresses.Last != addresses.First)
                AddressPattern.AppendAddress(text.Append('-'), addresses.Last, Family);
        }
        if (bracket)
            text.Append(']');
        if (Ports is { } ports)
        {
            ports.AppendTo(text.Append(':'), '-');
            if (BasePort is { } shift)
                text.Append('/').Append(shift);
        }
    }
}
