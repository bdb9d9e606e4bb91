using System.Text;

namespace IstioAdmin.Iptables.Model.Targets;

/// <summary>Decides how the packet is tracked (<c>-j CT</c> or <c>-j NOTRACK</c>, raw).</summary>
/// <param name="Name"><c>CT</c> or <c>NOTRACK</c>.</param>
/// <param name="NoTrack">Whether it is not tracked at all.</param>
/// <param name="Zone">Conntrack zone, or null for the default one.</param>
public sealed record ConntrackTarget(string Name, bool NoTrack, ushort? Zone) : Target
{
    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text)
    {
        text.Append(" -j ").Append(Name);
        if (NoTrack && Name == "CT")
            text.Append(" --notrack");
        if (Zone is { } zone)
            text.Append(" --zone ").Append(zone);
    }
}
