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

    /// <summary>A rule's matches as the kernel may have them.</summary>
    public static IEnumerable<Match> In(Rule rule, Ruleset ruleset) =>
        ruleset.Backend == RulesetBackend.NfTables || ruleset.IsNftListing ? rule.Matches.Select(match => match is TransportMatch ports && IsMerged(ports) ? new MergedPortsMatch(ports) : match) : rule.Matches;

    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text) => Written.AppendTo(text);

    private static bool IsMerged(TransportMatch match) => match.Source is { Negated: true } source && match.Destination is { Negated: true } destination
        && source.Value.First == source.Value.Last && destination.Value.First == destination.Value.Last;
}
