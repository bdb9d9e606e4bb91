using System.Text;

namespace IstioAdmin.Iptables.Model.Targets;

/// <summary>Hands the packet to a local transparent socket without changing it, and marks it (<c>-j TPROXY</c>, mangle PREROUTING).</summary>
/// <param name="Port">Port of the socket; 0 keeps the packet's own.</param>
/// <param name="Address">Address of the socket; null for the incoming interface's.</param>
/// <param name="Mark">The mark that the routing rule looks for.</param>
public sealed record TproxyTarget(ushort Port, AddressPattern? Address, MaskedValue Mark) : Target
{
    /// <summary>
    /// Whether the packet goes on to what follows in the rule and to the next rule, as nft's statement lets it; iptables' target
    /// ends the table.
    /// </summary>
    public bool GoesOn { get; init; }

    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text)
    {
        text.Append(" -j TPROXY --on-port ").Append(Port).Append(" --on-ip ");
        // The any-address when none was given: iptables-save always prints it.
        AddressPattern.AppendAddress(text, Address?.Value ?? UInt128.Zero, Address?.Family ?? IpFamily.IPv4);
        Mark.AppendTo(text.Append(" --tproxy-mark "), always: true);
    }
}
