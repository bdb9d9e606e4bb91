using System.Text;
using IstioAdmin.Iptables.Model.Targets;

namespace IstioAdmin.Iptables.Model;

/// <summary>One rule of a chain.</summary>
public sealed record Rule
{
    /// <summary>The chain it stands in.</summary>
    public required string Chain { get; init; }

    /// <summary>Its conditions in the order written; all must hold.</summary>
    public IReadOnlyList<Match> Matches { get; init => field = Listable.Of(value); } = Array.Empty<Match>();

    /// <summary>What it does; null for a rule that only counts.</summary>
    public Target? Target { get; init; }

    /// <summary>What it has seen, when the dump tells.</summary>
    public RuleCounters? Counters { get; init; }

    /// <summary>The rule in nft's words, when it was read from nft's own listing.</summary>
    public string? NftText { get; init; }

    /// <summary>Line of the input that it was read from, from 1; 0 when it was not read.</summary>
    public int Line { get; init; }

    /// <summary>Appends the rule as iptables-save prints it, without counters.</summary>
    public void AppendTo(StringBuilder text)
    {
        text.Append("-A ").Append(Chain);
        foreach (Match match in Matches)
            match.AppendTo(text);
        Target?.AppendTo(text);
    }

    /// <summary>Whether nothing in the rule is unknown.</summary>
    public bool IsUnderstood => Target is not UnknownTarget && Target is not SequenceTarget { IsUnderstood: false } && !Matches.Any(match => match is Matches.UnknownMatch);

    /// <summary>The rule as iptables-save prints it, or in nft's words when it was read from nft's own listing.</summary>
    public override string ToString()
    {
        if (NftText is not null)
            return NftText;
        var text = new StringBuilder();
        AppendTo(text);
        return text.ToString();
    }
}
