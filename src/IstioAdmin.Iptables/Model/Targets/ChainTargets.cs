using System.Text;

namespace IstioAdmin.Iptables.Model.Targets;

/// <summary>On into a user chain; its end leads back (<c>-j</c>).</summary>
/// <param name="Chain">Name of the chain.</param>
public sealed record JumpTarget(string Chain) : Target
{
    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text) => text.Append(" -j ").Append(Chain);
}

/// <summary>On into a user chain without coming back here: its end leads to where this chain was called from (<c>-g</c>).</summary>
/// <param name="Chain">Name of the chain.</param>
public sealed record GotoTarget(string Chain) : Target
{
    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text) => text.Append(" -g ").Append(Chain);
}
