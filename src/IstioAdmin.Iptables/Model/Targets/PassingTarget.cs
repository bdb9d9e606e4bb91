using System.Text;

namespace IstioAdmin.Iptables.Model.Targets;

/// <summary>A target that only notes the packet and lets it go on to the next rule: LOG, NFLOG, TRACE.</summary>
/// <param name="Name">The target's name.</param>
/// <param name="Options">Its options word for word; empty when there are none.</param>
public sealed record PassingTarget(string Name, string Options) : Target
{
    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text)
    {
        text.Append(" -j ").Append(Name);
        if (Options.Length > 0)
            text.Append(' ').Append(Options);
    }
}
