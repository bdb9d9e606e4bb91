using System.Text;

namespace IstioAdmin.Iptables.Model.Matches;

/// <summary>
/// <c>! --sport X ! --dport Y</c> as iptables-nft may have loaded it: versions up to 1.8.9 at least join the two single ports to one comparison
/// of four bytes, which fits when either of them differs, and print it as if both had to (seen with <c>nft --debug=netlink</c>). What only one
/// of the two readings says cannot be told.
/// </summary>
/// <param name="Written">The match as it is printed.</param>
internal sealed record MergedPortsMatch(TransportMatch Written) : Match
{
    /// <summary>The match without its source port.</summary>
    public TransportMatch DestinationOnly { get; } = Written with { Source = null };

    /// <summary>The match without its destination port.</summary>
    public TransportMatch SourceOnly { get; } = Written with { Destination = null };

    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text) => Written.AppendTo(text);

    /// <summary>Whether iptables-nft joins the two.</summary>
    public static bool IsMerged(TransportMatch match) => match.Source is { Negated: true } source && match.Destination is { Negated: true } destination
        && source.Value.First == source.Value.Last && destination.Value.First == destination.Value.Last;
}
