using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace IstioAdmin.Iptables.Model;

/// <summary>
/// An address and a mask, as <c>-s</c> and <c>-d</c> take them. The mask need not be contiguous (netfilter compares bit by bit).
/// IPv4 addresses occupy the low 32 bits.
/// </summary>
/// <param name="Family">Family of the address.</param>
/// <param name="Value">Address bits, already masked.</param>
/// <param name="Mask">Bits that are compared.</param>
public readonly record struct AddressPattern(IpFamily Family, UInt128 Value, UInt128 Mask)
{
    /// <summary>Number of bits in an address of the family: 32 or 128.</summary>
    public static int Width(IpFamily family) => family == IpFamily.IPv4 ? 32 : 128;

    /// <summary>The mask of one single address.</summary>
    public static UInt128 FullMask(IpFamily family) => family == IpFamily.IPv4 ? uint.MaxValue : UInt128.MaxValue;

    /// <summary>Whether an address fits.</summary>
    public bool Matches(UInt128 address) => (address & Mask) == Value;

    /// <summary>Length of the prefix, or null when the mask is not contiguous.</summary>
    public int? PrefixLength
    {
        get
        {
            int width = Width(Family);
            int zeros = Mask == UInt128.Zero ? width : (int)UInt128.TrailingZeroCount(Mask);
            return Mask == PrefixMask(Family, width - zeros) ? width - zeros : null;
        }
    }

    /// <summary>The mask of a prefix length from 0 to the family's width.</summary>
    public static UInt128 PrefixMask(IpFamily family, int length)
    {
        int width = Width(family);
        return length == 0 ? UInt128.Zero : FullMask(family) & (UInt128.MaxValue << (width - length));
    }

    /// <summary>Reads <c>address</c>, <c>address/length</c> or <c>address/mask</c>; bits outside the mask are cleared as iptables does.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, IpFamily family, out AddressPattern pattern)
    {
        pattern = default;
        UInt128 mask = FullMask(family);
        int slash = text.IndexOf('/');
        if (slash >= 0 && !TryParseMask(text[(slash + 1)..], family, out mask))
            return false;
        if (!TryParseAddress(slash < 0 ? text : text[..slash], family, out UInt128 address))
            return false;
        pattern = new AddressPattern(family, address & mask, mask);
        return true;
    }

    /// <summary>Reads one address of the family.</summary>
    public static bool TryParseAddress(ReadOnlySpan<char> text, IpFamily family, out UInt128 address)
    {
        address = default;
        return family == IpFamily.IPv4 ? TryParseIPv4(text, out address) : TryParseIPv6(text, out address);
    }

    /// <summary>Appends one address in the form that iptables-save prints.</summary>
    public static void AppendAddress(StringBuilder text, UInt128 address, IpFamily family)
    {
        if (family == IpFamily.IPv4)
        {
            uint a = (uint)address;
            text.Append(a >> 24).Append('.').Append((a >> 16) & 255).Append('.').Append((a >> 8) & 255).Append('.').Append(a & 255);
            return;
        }
        IPv6Text.Append(text, address);
    }

    /// <summary>Appends the pattern as iptables-save prints it: with a prefix length, or with a mask when it is not contiguous.</summary>
    public void AppendTo(StringBuilder text)
    {
        AppendAddress(text, Value, Family);
        text.Append('/');
        if (PrefixLength is { } length)
            text.Append(length);
        else
            AppendAddress(text, Mask, Family);
    }

    /// <summary>The pattern as iptables-save prints it.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        AppendTo(text);
        return text.ToString();
    }

    private static bool TryParseMask(ReadOnlySpan<char> text, IpFamily family, out UInt128 mask)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int length))
        {
            bool fits = length <= Width(family);
            mask = fits ? PrefixMask(family, length) : default;
            return fits;
        }
        return TryParseAddress(text, family, out mask);
    }

    private static bool TryParseIPv4(ReadOnlySpan<char> text, out UInt128 address)
    {
        // IPAddress takes octal and short forms that would be read differently from what is written; a dump never has them.
        address = default;
        uint value = 0, octet = 0;
        int digits = 0, dots = 0;
        foreach (char c in text)
        {
            uint digit = c - (uint)'0';
            if (digit <= 9 && ++digits <= 3)
            {
                octet = octet * 10 + digit;
                continue;
            }
            if (c != '.' || digits == 0 || octet > 255 || ++dots > 3)
                return false;
            value = (value << 8) | octet;
            octet = 0;
            digits = 0;
        }
        address = (value << 8) | octet;
        return dots == 3 && digits > 0 && octet <= 255;
    }

    private static bool TryParseIPv6(ReadOnlySpan<char> text, out UInt128 address)
    {
        address = default;
        // A scope or brackets would be dropped silently by IPAddress.
        if (text.IndexOfAny('%', '[', ']') >= 0 || !IPAddress.TryParse(text, out IPAddress? parsed) || parsed.AddressFamily != AddressFamily.InterNetworkV6)
            return false;
        Span<byte> bytes = stackalloc byte[16];
        parsed.TryWriteBytes(bytes, out _);
        address = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        return true;
    }
}
