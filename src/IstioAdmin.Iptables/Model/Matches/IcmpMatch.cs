using System.Text;

namespace IstioAdmin.Iptables.Model.Matches;

/// <summary>ICMP type and code: <c>-m icmp --icmp-type</c> or <c>-m icmp6 --icmpv6-type</c>.</summary>
/// <param name="Family">Which of the two.</param>
/// <param name="Type">The type, or null for <c>any</c>.</param>
/// <param name="Code">The code, or null for every code of the type.</param>
/// <param name="Negated">Whether <c>!</c> stood before it.</param>
public sealed record IcmpMatch(IpFamily Family, byte? Type, byte? Code, bool Negated) : Match
{
    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text)
    {
        text.Append(Family == IpFamily.IPv4 ? " -m icmp" : " -m icmp6");
        Option(text, Family == IpFamily.IPv4 ? "--icmp-type" : "--icmpv6-type", Negated);
        if (Type is { } type)
            text.Append(type);
        else
            text.Append("any");
        if (Code is { } code)
            text.Append('/').Append(code);
    }
}
