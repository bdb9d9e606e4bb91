using System.Globalization;
using System.Text;
using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Redirection;

/// <summary>
/// Conditions in the form in which iptables-save prints them, each with a blank behind it. What holds for every packet is not
/// printed: a prefix of length 0, the interface <c>+</c>, the ports 0:65535.
/// </summary>
internal static class Clause
{
    /// <summary><c>-d</c>.</summary>
    public static string To(AddressPattern address) => address.Mask == UInt128.Zero ? "" : $"-d {address} ";

    /// <summary><c>! -d</c>; not for a prefix of length 0.</summary>
    public static string NotTo(AddressPattern address) => $"! -d {address} ";

    /// <summary><c>-s</c>.</summary>
    public static string From(AddressPattern address) => $"-s {address} ";

    /// <summary><c>-i</c>.</summary>
    public static string In(InterfacePattern name) => name.Text == "+" ? "" : $"-i {name.Text} ";

    /// <summary><c>-o</c>.</summary>
    public static string Out(InterfacePattern name) => name.Text == "+" ? "" : $"-o {name.Text} ";

    /// <summary><c>-p tcp --dport</c>, or another protocol.</summary>
    public static string Port(string protocol, PortRange ports)
    {
        var text = new StringBuilder($"-p {protocol} -m {protocol} ");
        if (ports != PortRange.All)
        {
            ports.AppendTo(text.Append("--dport "), ':');
            text.Append(' ');
        }
        return text.ToString();
    }

    /// <summary><c>--uid-owner</c>.</summary>
    public static string User(IdRange ids) => Owner("--uid-owner", ids);

    /// <summary><c>! --uid-owner</c>.</summary>
    public static string NotUser(IdRange ids) => Owner("! --uid-owner", ids);

    /// <summary><c>--gid-owner</c>.</summary>
    public static string Group(IdRange ids) => Owner("--gid-owner", ids);

    /// <summary><c>! --gid-owner</c>.</summary>
    public static string NotGroup(IdRange ids) => Owner("! --gid-owner", ids);

    /// <summary><c>-m mark --mark</c>.</summary>
    public static string Mark(uint mark) => string.Create(CultureInfo.InvariantCulture, $"-m mark --mark 0x{mark:x} ");

    private static string Owner(string option, IdRange ids)
    {
        var text = new StringBuilder($"-m owner {option} ");
        ids.AppendTo(text);
        return text.Append(' ').ToString();
    }
}
