using System.Text.RegularExpressions;
using IstioAdmin.HelpBuilder.Pages;
using Markdig.Syntax;

namespace IstioAdmin.HelpBuilder.Reading;

/// <summary>Reads the SYNTAX section: a heading for each parameter set, below it the command line as Get-Command -Syntax shows it.</summary>
internal static partial class SyntaxReader
{
    private const string DefaultMark = " (Default)";

    /// <summary>Reads every parameter set.</summary>
    public static IReadOnlyList<CommandSyntax> Read(Section section, string command, PageProblems problems)
    {
        List<CommandSyntax> all = [];
        foreach (Section set in section.Sections)
        {
            if (set.Blocks is not [FencedCodeBlock code])
            {
                problems.Add(set.Line, $"Below the parameter set '{set.Heading}' one code block with its syntax is expected, and nothing else.");
                continue;
            }

            string text = Whitespace().Replace(HelpText.Code(code), " ").Trim();
            bool isDefault = set.Heading.EndsWith(DefaultMark, StringComparison.Ordinal);
            string name = isDefault ? set.Heading[..^DefaultMark.Length] : set.Heading;
            if (Parse(text, command) is { } parameters)
                all.Add(new CommandSyntax(name, isDefault, set.Line, text, parameters));
            else
                problems.Add(OutlineReader.LineOf(code), $"This is not the syntax of {command}: expected '{command} [[-Positional] <type>] -Named <type> [-Switch]'.");
        }

        if (section.Sections.Count == 0)
            problems.Add(section.Line, "SYNTAX has a heading ('### Name') for each parameter set; there is none.");
        if (all.Count(syntax => syntax.IsDefault) > 1)
            problems.Add(section.Line, "Only one parameter set can be the default one.");
        return all;
    }

    private static List<SyntaxParameter>? Parse(string text, string command)
    {
        if (text != command && !text.StartsWith(command + " ", StringComparison.Ordinal))
            return null;

        List<SyntaxParameter> parameters = [];
        int at = command.Length;
        while (at < text.Length)
        {
            Match match = Element().Match(text, at);
            if (!match.Success)
                return null;
            at += match.Length;
            if (match.Groups["name"] is { Success: true } name)
            {
                string? type = match.Groups["type"] is { Success: true } found ? found.Value : null;
                parameters.Add(new SyntaxParameter(name.Value, type, !match.Groups["optional"].Success, match.Groups["positional"].Success));
            }
        }

        return parameters;
    }

    // In this order: [<CommonParameters>], [[-A] <t>], [-A] <t>, [-A <t>], [-A], -A <t>, -A.
    [GeneratedRegex(
        """
        \G\ (?:
          \[<CommonParameters>\]
        | (?<optional>\[)(?<positional>\[)-(?<name>\w+)\]\ <(?<type>[^>]+)>\]
        | (?<positional>\[)-(?<name>\w+)\]\ <(?<type>[^>]+)>
        | (?<optional>\[)-(?<name>\w+)\ <(?<type>[^>]+)>\]
        | (?<optional>\[)-(?<name>\w+)\]
        | -(?<name>\w+)\ <(?<type>[^>]+)>
        | -(?<name>\w+)
        )(?=\ |$)
        """,
        RegexOptions.IgnorePatternWhitespace | RegexOptions.CultureInvariant)]
    private static partial Regex Element();

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Whitespace();
}
