using System.Text;

namespace IstioAdmin.Iptables.Model.Matches;

/// <summary>The interface is one of several or, negated, none of them; nft's sets have it, iptables compares with one.</summary>
/// <param name="Incoming">Whether it is the interface that the packet came in by; otherwise the one it goes out by.</param>
/// <param name="Interfaces">The interfaces.</param>
/// <param name="Words">The comparison in nft's words.</param>
public sealed record InterfaceSetMatch(bool Incoming, Negatable<IReadOnlyList<InterfacePattern>> Interfaces, string Words) : Match
{
    /// <summary>Whether a packet's interface fits.</summary>
    public bool Matches(string name)
    {
        foreach (InterfacePattern pattern in Interfaces.Value)
        {
            if (pattern.Matches(name))
                return !Interfaces.Negated;
        }
        return Interfaces.Negated;
    }

    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text) => text.Append(' ').Append(Words);

    /// <inheritdoc/>
    public bool Equals(InterfaceSetMatch? other) =>
        other is not null && Incoming == other.Incoming && Interfaces.Negated == other.Interfaces.Negated && Interfaces.Value.SequenceEqual(other.Interfaces.Value);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Incoming, Interfaces.Negated, Interfaces.Value.Count);
}
