using System.Text;

namespace IstioAdmin.Iptables.Model.Matches;

/// <summary>Transport protocol (<c>-p</c>).</summary>
public sealed record ProtocolMatch(Negatable<IpProtocol> Protocol) : Match
{
    /// <summary>The protocol as the dump has it, where that depends on the machine (<see cref="IpProtocol.HasFixedName"/>); else null.</summary>
    public string? Written { get; init; }

    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text) => Option(text, "-p", Protocol.Negated).Append(Written ?? Protocol.Value.ToString());
}
