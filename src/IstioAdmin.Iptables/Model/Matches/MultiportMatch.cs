using System.Text;

namespace IstioAdmin.Iptables.Model.Matches;

/// <summary>Which of a packet's ports the multiport match looks at.</summary>
public enum PortSide
{
    /// <summary>The source port.</summary>
    Source,

    /// <summary>The destination port.</summary>
    Destination,

    /// <summary>Either of them.</summary>
    Either,
}

/// <summary>Up to 15 ports or ranges (<c>-m multiport</c>).</summary>
public sealed record MultiportMatch(PortSide Side, Negatable<IReadOnlyList<PortRange>> Ports) : Match
{
    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text)
    {
        text.Append(" -m multiport");
        string option = Side switch
        {
            PortSide.Source => "--sports",
            PortSide.Destination => "--dports",
            _ => "--ports",
        };
        Option(text, option, Ports.Negated);
        for (int i = 0; i < Ports.Value.Count; i++)
        {
            if (i > 0)
                text.Append(',');
            Ports.Value[i].AppendTo(text, ':');
        }
    }

    /// <inheritdoc/>
    public bool Equals(MultiportMatch? other) =>
        other is not null && Side == other.Side && Ports.Negated == other.Ports.Negated && Ports.Value.SequenceEqual(other.Ports.Value);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Side, Ports.Negated, Ports.Value.Count, Ports.Value.Count > 0 ? Ports.Value[0] : default);
}
