using System.Text;

namespace IstioAdmin.Iptables.Model.Matches;

/// <summary>Second and further fragments of a packet (<c>-f</c>, IPv4 only).</summary>
public sealed record FragmentMatch(bool Negated) : Match
{
    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text) => text.Append(Negated ? " ! -f" : " -f");
}
