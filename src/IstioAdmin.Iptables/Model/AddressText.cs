using System.Text;

namespace IstioAdmin.Iptables.Model;

/// <summary>Text form of addresses.</summary>
public static class AddressText
{
    /// <summary>An address, or an address and a port; IPv6 addresses with a port stand in brackets.</summary>
    public static string Of(UInt128 address, IpFamily family, ushort? port = null)
    {
        var text = new StringBuilder();
        bool brackets = port is not null && family == IpFamily.IPv6;
        if (brackets)
            text.Append('[');
        AddressPattern.AppendAddress(text, address, family);
        if (brackets)
            text.Append(']');
        if (port is { } number)
            text.Append(':').Append(number);
        return text.ToString();
    }
}
