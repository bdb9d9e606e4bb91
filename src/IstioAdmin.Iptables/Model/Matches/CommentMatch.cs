using System.Text;

namespace IstioAdmin.Iptables.Model.Matches;

/// <summary>A remark; every packet fits (<c>-m comment</c>).</summary>
public sealed record CommentMatch(string Comment) : Match
{
    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text) => QuotedText.Append(text.Append(" -m comment --comment "), Comment);
}
