using System.Text;

namespace IstioAdmin.Iptables.Model.Matches;

/// <summary>What of a packet a <see cref="ValueSetMatch"/> looks at.</summary>
public enum ValueField
{
    /// <summary>Source address.</summary>
    Source,

    /// <summary>Destination address.</summary>
    Destination,

    /// <summary>Source port, whatever the protocol: the first two bytes of the transport header.</summary>
    SourcePort,

    /// <summary>Destination port, whatever the protocol: the next two bytes.</summary>
    DestinationPort,

    /// <summary>Transport protocol.</summary>
    Protocol,

    /// <summary>User id of the sending process.</summary>
    User,

    /// <summary>Its group id.</summary>
    Group,

    /// <summary>Mark.</summary>
    Mark,

    /// <summary>Mark of the connection.</summary>
    ConnectionMark,

    /// <summary>ICMP type.</summary>
    IcmpType,

    /// <summary>ICMP code.</summary>
    IcmpCode,
}

/// <summary>
/// A value among several or, negated, among none of them, as nft's comparisons and sets have it. A packet without the value (no
/// socket, no conntrack entry, a later fragment) never fits, negated or not: nft leaves the rule there (NFT_BREAK).
/// </summary>
/// <param name="Field">What is looked at.</param>
/// <param name="Ranges">The values.</param>
/// <param name="Words">The comparison in nft's words.</param>
public sealed record ValueSetMatch(ValueField Field, Negatable<IReadOnlyList<Interval>> Ranges, string Words) : Match
{
    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text) => text.Append(' ').Append(Words);

    /// <inheritdoc/>
    public bool Equals(ValueSetMatch? other) =>
        other is not null && Field == other.Field && Ranges.Negated == other.Ranges.Negated && Ranges.Value.SequenceEqual(other.Ranges.Value);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Field, Ranges.Negated, Ranges.Value.Count);
}
