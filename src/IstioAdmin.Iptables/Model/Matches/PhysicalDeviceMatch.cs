using System.Text;

namespace IstioAdmin.Iptables.Model.Matches;

/// <summary>Ports of a bridge (<c>-m physdev</c>); a packet that crosses no bridge has none.</summary>
public sealed record PhysicalDeviceMatch : Match
{
    /// <summary>The bridge port the packet came in by.</summary>
    public Negatable<InterfacePattern>? In { get; init; }

    /// <summary>Whether it came in by a bridge: true for the option, false for the option with <c>!</c>, null without it.</summary>
    public bool? IsIn { get; init; }

    /// <summary>The bridge port the packet goes out by.</summary>
    public Negatable<InterfacePattern>? Out { get; init; }

    /// <summary>Whether it goes out by a bridge.</summary>
    public bool? IsOut { get; init; }

    /// <summary>Whether it is bridged, not routed.</summary>
    public bool? IsBridged { get; init; }

    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text)
    {
        text.Append(" -m physdev");
        AppendFlag(text, "--physdev-is-in", IsIn);
        if (In is { } enter)
            Option(text, "--physdev-in", enter.Negated).Append(enter.Value.Text);
        AppendFlag(text, "--physdev-is-out", IsOut);
        if (Out is { } leave)
            Option(text, "--physdev-out", leave.Negated).Append(leave.Value.Text);
        AppendFlag(text, "--physdev-is-bridged", IsBridged);
    }

    private static void AppendFlag(StringBuilder text, string option, bool? value)
    {
        if (value is { } set)
            text.Append(set ? " " : " ! ").Append(option);
    }
}
