using System.Text;

namespace IstioAdmin.Iptables.Model.Matches;

/// <summary>Source and destination port of one transport protocol: <c>-m tcp</c> (with flags), <c>-m udp</c>, <c>-m sctp</c>, <c>-m dccp</c>.</summary>
public sealed record TransportMatch : Match
{
    /// <summary>The extension's name.</summary>
    public required string Extension { get; init; }

    /// <summary>Source ports.</summary>
    public Negatable<PortRange>? Source { get; init; }

    /// <summary>Destination ports.</summary>
    public Negatable<PortRange>? Destination { get; init; }

    /// <summary>TCP flags; null for other protocols.</summary>
    public Negatable<TcpFlagsPattern>? Flags { get; init; }

    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text)
    {
        text.Append(" -m ").Append(Extension);
        if (Source is { } source)
            source.Value.AppendTo(Option(text, "--sport", source.Negated), ':');
        if (Destination is { } destination)
            destination.Value.AppendTo(Option(text, "--dport", destination.Negated), ':');
        if (Flags is { } flags)
            flags.Value.AppendTo(Option(text, "--tcp-flags", flags.Negated));
    }
}
