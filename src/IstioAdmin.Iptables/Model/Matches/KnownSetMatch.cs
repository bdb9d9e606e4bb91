using System.Text;

namespace IstioAdmin.Iptables.Model.Matches;

/// <summary>Membership in an ipset whose elements are known.</summary>
/// <param name="Written">The match as it is printed.</param>
/// <param name="Entries">What a packet must meet to be in the set: all matches of any one entry.</param>
internal sealed record KnownSetMatch(SetMatch Written, IReadOnlyList<Match[]> Entries) : Match
{
    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text) => Written.AppendTo(text);
}
