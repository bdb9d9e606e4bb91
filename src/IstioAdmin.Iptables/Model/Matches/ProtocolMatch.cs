using System.Text;

namespace IstioAdmin.Iptables.Model.Matches;

/// <summary>Transport protocol (<c>-p</c>).</summary>
public sealed record ProtocolMatch(Negatable<IpProtocol> Protocol) : Match
{
    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text) => Option(text, "-p", Protocol.Negated).Append(Protocol.Value.ToString());
}
