using System.Text;

namespace IstioAdmin.Iptables.Model.Targets;

/// <summary>A target that is not understood. Its text is kept word for word; what becomes of the packet cannot be told.</summary>
/// <param name="Words">The text, from <c>-j name</c> to its last option.</param>
public sealed record UnknownTarget(string Words) : Target
{
    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text) => text.Append(' ').Append(Words);
}
