using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Parsing;

/// <summary>What was read, and what could not be.</summary>
/// <param name="Rulesets">One ruleset for each family and back end in the input, in its order.</param>
/// <param name="Errors">The lines that could not be read; everything else was.</param>
public sealed record ParseResult(IReadOnlyList<Ruleset> Rulesets, IReadOnlyList<SyntaxError> Errors)
{
    /// <summary>Tables of nft's listing that IP hooks do not call, by family and name: <c>arp filter</c>.</summary>
    public IReadOnlyList<string> OtherTables { get; init; } = [];

    /// <summary>The same with the number of errors noted in every ruleset: which of them lost the line is not always clear.</summary>
    internal ParseResult NoteErrors() => Errors.Count == 0 ? this : this with { Rulesets = Rulesets.Select(ruleset => ruleset with { UnreadLines = Errors.Count }).ToArray() };
}
