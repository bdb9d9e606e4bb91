using System.Globalization;
using System.Text;

namespace IstioAdmin.Iptables.Model;

/// <summary>
/// Writes IPv6 addresses as the C library's inet_ntop does, which ip6tables-save prints. .NET writes the same address
/// otherwise where IPv4 is inside: it has the dotted form for ISATAP and translated addresses, and not for ::ffff:0.0.0.0.
/// </summary>
internal static class IPv6Text
{
    private const int Groups = 8;

    /// <summary>Appends an address.</summary>
    public static void Append(StringBuilder text, UInt128 address)
    {
        (int zeros, int length) = LongestZeros(address);
        // Dotted are the IPv4-compatible and the IPv4-mapped addresses (glibc, resolv/inet_ntop.c, inet_ntop6).
        bool dotted = zeros == 0 && (length == 6 || (length == 5 && Group(address, 5) == 0xffff));
        int groups = dotted ? Groups - 2 : Groups;
        for (int i = 0; i < groups; i++)
        {
            if (i == zeros)
            {
                text.Append("::");
                i += length - 1;
                continue;
            }
            if (i > 0 && i != zeros + length)
                text.Append(':');
            text.Append(Group(address, i).ToString("x", CultureInfo.InvariantCulture));
        }
        if (!dotted)
            return;
        if (length == 5)
            text.Append(':');
        AddressPattern.AppendAddress(text, (uint)address, IpFamily.IPv4);
    }

    private static ushort Group(UInt128 address, int index) => (ushort)(address >> (16 * (Groups - 1 - index)));

    /// <summary>The first of the longest runs of two or more zero groups; from <see cref="Groups"/> on when there is none.</summary>
    private static (int First, int Length) LongestZeros(UInt128 address)
    {
        (int First, int Length) best = (Groups, 0);
        int length = 0;
        for (int i = 0; i < Groups; i++)
        {
            length = Group(address, i) == 0 ? length + 1 : 0;
            if (length >= 2 && length > best.Length)
                best = (i - length + 1, length);
        }
        return best;
    }
}
