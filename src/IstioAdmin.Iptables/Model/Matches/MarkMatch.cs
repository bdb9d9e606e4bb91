using System.Text;

namespace IstioAdmin.Iptables.Model.Matches;

/// <summary>The packet's mark (<c>-m mark</c>).</summary>
public sealed record MarkMatch(Negatable<MaskedValue> Mark) : Match
{
    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text) => Mark.Value.AppendTo(Option(text.Append(" -m mark"), "--mark", Mark.Negated));
}

/// <summary>The mark of the packet's connection (<c>-m connmark</c>).</summary>
public sealed record ConnmarkMatch(Negatable<MaskedValue> Mark) : Match
{
    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text) => Mark.Value.AppendTo(Option(text.Append(" -m connmark"), "--mark", Mark.Negated));
}
