using System.Text;

namespace IstioAdmin.Iptables.Model.Matches;

/// <summary>Membership in an ipset (<c>-m set</c>). What is in the set is not part of a dump; <see cref="Ruleset.Sets"/> may have it.</summary>
/// <param name="Name">The set's name.</param>
/// <param name="Directions">Which address or port each dimension takes: <c>src,dst</c>.</param>
/// <param name="Negated">Whether <c>!</c> stood before it.</param>
public sealed record SetMatch(string Name, string Directions, bool Negated) : Match
{
    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text) =>
        Option(text.Append(" -m set"), "--match-set", Negated).Append(Name).Append(' ').Append(Directions);
}
