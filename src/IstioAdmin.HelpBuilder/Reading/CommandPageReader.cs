using IstioAdmin.HelpBuilder.Pages;
using Markdig.Syntax;

namespace IstioAdmin.HelpBuilder.Reading;

/// <summary>Reads a cmdlet's page in the PlatyPS schema of <see cref="FrontMatterReader.SchemaVersion"/>.</summary>
internal sealed class CommandPageReader
{
    /// <summary>The sections of a page, in the schema's order; all of them are there, even if empty.</summary>
    private static readonly string[] SectionOrder =
    [
        "SYNOPSIS", "SYNTAX", "ALIASES", "DESCRIPTION", "EXAMPLES", "PARAMETERS", "INPUTS", "OUTPUTS", "NOTES", "RELATED LINKS",
    ];

    private readonly PageProblems _problems;
    private readonly HelpText _text;
    private readonly Outline _outline;
    private readonly Dictionary<string, Section> _sections = [];

    private CommandPageReader(Outline outline, PageProblems problems)
    {
        _outline = outline;
        _problems = problems;
        _text = new HelpText(problems);
    }

    /// <summary>Reads a page. What breaks the schema is reported; the page is null only when nothing sensible can be said about it.</summary>
    public static CommandPage? Read(string markdown, PageProblems problems) =>
        OutlineReader.Read(markdown, problems) is { } outline ? new CommandPageReader(outline, problems).Read() : null;

    private CommandPage Read()
    {
        Section title = _outline.Title;
        IReadOnlyDictionary<string, string> entries =
            FrontMatterReader.Read(_outline.FrontMatter, "cmdlet", ["external help file", "HelpUri", "ms.date"], _problems);
        CheckName(entries, title);
        SortSections(title);

        CommandPage page = new()
        {
            File = _problems.File,
            Name = title.Heading,
            ExternalHelpFile = entries.GetValueOrDefault("external help file", ""),
            OnlineAddress = entries.GetValueOrDefault("HelpUri") is { Length: > 0 } address ? address : null,
            Synopsis = Text("SYNOPSIS", required: true),
            Syntax = _sections.TryGetValue("SYNTAX", out Section? syntax) ? SyntaxReader.Read(syntax, title.Heading, _problems) : [],
            Description = Text("DESCRIPTION", required: true),
            Examples = [.. Inner("EXAMPLES").Select(Example)],
            Parameters = [.. Inner("PARAMETERS").Where(IsParameter).Select(Parameter).OfType<CommandParameter>()],
            Inputs = [.. Inner("INPUTS").Select(Type)],
            Outputs = [.. Inner("OUTPUTS").Select(Type)],
            Notes = Text("NOTES", required: false),
            Links = _sections.TryGetValue("RELATED LINKS", out Section? links) ? [.. LinkReader.Read(links.Blocks)] : [],
        };
        // A parameter that could not be read would be reported as missing, too.
        if (_problems.All.Count == 0)
            SyntaxAgreement.Check(page, _problems);
        return page;
    }

    private void CheckName(IReadOnlyDictionary<string, string> entries, Section title)
    {
        string file = Path.GetFileNameWithoutExtension(_problems.File);
        if (title.Heading != file)
            _problems.Add(title.Line, $"The title is '{title.Heading}', the file's name '{file}'.");
        if (entries.TryGetValue("title", out string? name) && name != title.Heading)
            _problems.Add(1, $"The front matter's title is '{name}', the page's '{title.Heading}'.");
    }

    private void SortSections(Section title)
    {
        int last = -1;
        foreach (Section section in title.Sections)
        {
            int at = Array.IndexOf(SectionOrder, section.Heading);
            if (at < 0)
                _problems.Add(section.Line, $"'{section.Heading}' is no section of a cmdlet's page; those are {string.Join(", ", SectionOrder)}.");
            else if (!_sections.TryAdd(section.Heading, section))
                _problems.Add(section.Line, $"The section {section.Heading} stands here a second time.");
            else if (at < last)
                _problems.Add(section.Line, $"The section {section.Heading} comes before {SectionOrder[last]}.");
            last = Math.Max(at, last);
        }

        foreach (string missing in SectionOrder.Except(_sections.Keys))
            _problems.Add(title.Line, $"The section {missing} is missing.");
    }

    private IReadOnlyList<Section> Inner(string section) => _sections.TryGetValue(section, out Section? found) ? found.Sections : [];

    private IReadOnlyList<string> Text(string section, bool required)
    {
        if (!_sections.TryGetValue(section, out Section? found))
            return [];

        IReadOnlyList<string> paragraphs = _text.Paragraphs(found.Blocks);
        if (required && paragraphs.Count == 0)
            _problems.Add(found.Line, $"The section {section} is empty.");
        return paragraphs;
    }

    private CommandExample Example(Section section) => new(
        section.Heading,
        section.Line,
        [.. section.Blocks.Select(block => block is CodeBlock code ? (ExamplePart)new ExamplePart.Code(HelpText.Code(code)) : new ExamplePart.Words(_text.Paragraph(block)))]);

    private bool IsParameter(Section section)
    {
        if (section.Heading is "CommonParameters" or "WorkflowCommonParameters")
            return false;
        if (section.Heading.StartsWith('-'))
            return true;

        _problems.Add(section.Line, $"'{section.Heading}' is no parameter; a parameter's heading is '### -Name'.");
        return false;
    }

    private CommandParameter? Parameter(Section section)
    {
        if (section.Blocks is not [.., FencedCodeBlock { Info: "yaml" } block])
        {
            _problems.Add(section.Line, $"The text of {section.Heading} ends with a 'yaml' code block; there is none.");
            return null;
        }

        if (ParameterYaml.Read(block, _problems) is not { } yaml)
            return null;

        return new CommandParameter
        {
            Name = section.Heading[1..],
            Line = section.Line,
            Description = _text.Paragraphs(section.Blocks.SkipLast(1)),
            Type = yaml.Type,
            DefaultValue = yaml.DefaultValue,
            SupportsWildcards = yaml.SupportsWildcards,
            Aliases = yaml.Aliases,
            AcceptedValues = yaml.AcceptedValues,
            Sets = [.. yaml.ParameterSets.Select(set => set.ToUse(OutlineReader.LineOf(block), _problems))],
        };
    }

    private PipelineType Type(Section section) => new(section.Heading, _text.Paragraphs(section.Blocks));
}
