using System.Text;

namespace IstioAdmin.Iptables.Model.Targets;

/// <summary>The packet passes this table.</summary>
public sealed record AcceptTarget : Target
{
    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text) => text.Append(" -j ACCEPT");
}

/// <summary>The packet ends here without a word.</summary>
public sealed record DropTarget : Target
{
    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text) => text.Append(" -j DROP");
}

/// <summary>Back to the rule after the jump; in a built-in chain, the chain's policy.</summary>
public sealed record ReturnTarget : Target
{
    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text) => text.Append(" -j RETURN");
}

/// <summary>The packet ends here and its sender is told.</summary>
/// <param name="With">The ICMP message or <c>tcp-reset</c>.</param>
public sealed record RejectTarget(string With) : Target
{
    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text) => text.Append(" -j REJECT --reject-with ").Append(With);
}
