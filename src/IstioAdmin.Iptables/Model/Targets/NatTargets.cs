using System.Text;

namespace IstioAdmin.Iptables.Model.Targets;

/// <summary>How a NAT target picks from a range.</summary>
[Flags]
public enum NatOptions
{
    /// <summary>Nothing special.</summary>
    None = 0,

    /// <summary>A random port (<c>--random</c>).</summary>
    Random = 1,

    /// <summary>A fully random port (<c>--random-fully</c>).</summary>
    RandomFully = 2,

    /// <summary>The same address for each connection of a client (<c>--persistent</c>).</summary>
    Persistent = 4,
}

/// <summary>To this host: the incoming interface's address, or the loopback address in OUTPUT (<c>-j REDIRECT</c>, nat).</summary>
/// <param name="Ports">The ports to send to, or null to keep the port.</param>
/// <param name="Options">How a port is picked.</param>
public sealed record RedirectTarget(PortRange? Ports, NatOptions Options = NatOptions.None) : Target
{
    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text)
    {
        text.Append(" -j REDIRECT");
        if (Ports is { } ports)
            ports.AppendTo(text.Append(" --to-ports "), '-');
        NatText.Append(text, Options);
    }
}

/// <summary>To another destination (<c>-j DNAT</c>, nat).</summary>
/// <param name="To">Where to, as written: address or range, with ports.</param>
/// <param name="Options">How address and port are picked.</param>
public sealed record DnatTarget(NatRange To, NatOptions Options = NatOptions.None) : Target
{
    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text)
    {
        To.AppendTo(text.Append(" -j DNAT --to-destination "));
        NatText.Append(text, Options);
    }
}

/// <summary>From another source (<c>-j SNAT</c>, nat).</summary>
/// <param name="To">The new source.</param>
/// <param name="Options">How address and port are picked.</param>
public sealed record SnatTarget(NatRange To, NatOptions Options = NatOptions.None) : Target
{
    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text)
    {
        To.AppendTo(text.Append(" -j SNAT --to-source "));
        NatText.Append(text, Options);
    }
}

/// <summary>From the outgoing interface's address (<c>-j MASQUERADE</c>, nat).</summary>
/// <param name="Ports">The source ports, or null to keep the port where possible.</param>
/// <param name="Options">How a port is picked.</param>
public sealed record MasqueradeTarget(PortRange? Ports, NatOptions Options = NatOptions.None) : Target
{
    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text)
    {
        text.Append(" -j MASQUERADE");
        if (Ports is { } ports)
            ports.AppendTo(text.Append(" --to-ports "), '-');
        NatText.Append(text, Options);
    }
}

internal static class NatText
{
    internal static void Append(StringBuilder text, NatOptions options)
    {
        if ((options & NatOptions.Random) != 0)
            text.Append(" --random");
        if ((options & NatOptions.RandomFully) != 0)
            text.Append(" --random-fully");
        if ((options & NatOptions.Persistent) != 0)
            text.Append(" --persistent");
    }
}
