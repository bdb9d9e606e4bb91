using System.Text;

namespace IstioAdmin.Iptables.Model.Matches;

/// <summary>What the host's routing takes an address for (<c>-m addrtype</c>): LOCAL, BROADCAST, MULTICAST, UNICAST, ...</summary>
public sealed record AddressTypeMatch : Match
{
    /// <summary>Types of the source address, as written, comma-separated.</summary>
    public Negatable<string>? Source { get; init; }

    /// <summary>Types of the destination address.</summary>
    public Negatable<string>? Destination { get; init; }

    /// <summary>Whether only the incoming interface's addresses count.</summary>
    public bool LimitToInInterface { get; init; }

    /// <summary>Whether only the outgoing interface's addresses count.</summary>
    public bool LimitToOutInterface { get; init; }

    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text)
    {
        text.Append(" -m addrtype");
        if (Source is { } source)
            Option(text, "--src-type", source.Negated).Append(source.Value);
        if (Destination is { } destination)
            Option(text, "--dst-type", destination.Negated).Append(destination.Value);
        if (LimitToInInterface)
            text.Append(" --limit-iface-in");
        if (LimitToOutInterface)
            text.Append(" --limit-iface-out");
    }
}
