using System.Text;

namespace IstioAdmin.Iptables.Model.Matches;

/// <summary>A condition that is not understood. Its text is kept word for word; whether a packet fits cannot be told.</summary>
/// <param name="Words">The text, from <c>-m name</c> to its last option.</param>
public sealed record UnknownMatch(string Words) : Match
{
    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text) => text.Append(' ').Append(Words);
}
