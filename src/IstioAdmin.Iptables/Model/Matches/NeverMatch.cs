using System.Text;

namespace IstioAdmin.Iptables.Model.Matches;

/// <summary>A condition that no packet fits: one about the other family's header in a table of both families, say.</summary>
/// <param name="Words">The condition as written.</param>
public sealed record NeverMatch(string Words) : Match
{
    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text) => text.Append(' ').Append(Words);
}
