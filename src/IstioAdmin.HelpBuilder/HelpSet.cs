using IstioAdmin.HelpBuilder.Pages;
using IstioAdmin.HelpBuilder.Reading;

namespace IstioAdmin.HelpBuilder;

/// <summary>All pages of one language.</summary>
internal sealed class HelpSet
{
    private readonly List<PageProblem> _problems = [];

    /// <summary>The cmdlets' pages, by name.</summary>
    public required IReadOnlyList<CommandPage> Commands { get; init; }

    /// <summary>The conceptual topics.</summary>
    public required IReadOnlyList<AboutPage> Topics { get; init; }

    /// <summary>The module's page; null when there is none.</summary>
    public required ModulePage? Module { get; init; }

    /// <summary>Everything that is wrong in them.</summary>
    public IReadOnlyList<PageProblem> Problems => _problems;

    /// <summary>Reads a folder: <c>about_*.md</c> are topics, <c>Verb-Noun.md</c> cmdlets, the one other page is the module's.</summary>
    public static HelpSet Read(string folder)
    {
        List<CommandPage> commands = [];
        List<AboutPage> topics = [];
        List<ModulePage> modules = [];
        List<PageProblem> problems = [];
        foreach (string file in Directory.EnumerateFiles(folder, "*.md").Order(StringComparer.Ordinal))
        {
            PageProblems found = new(file);
            string markdown = File.ReadAllText(file);
            string name = Path.GetFileNameWithoutExtension(file);
            if (name.StartsWith("about_", StringComparison.Ordinal))
                AddTo(topics, AboutPageReader.Read(markdown, found));
            else if (name.Contains('-', StringComparison.Ordinal))
                AddTo(commands, CommandPageReader.Read(markdown, found));
            else
                AddTo(modules, ModulePageReader.Read(markdown, found));
            PlaceholderCheck.Check(markdown, found);
            problems.AddRange(found.All);
        }

        HelpSet set = new() { Commands = commands, Topics = topics, Module = modules.FirstOrDefault() };
        set._problems.AddRange(problems);
        set._problems.AddRange(LinkCheck.Check(set, folder));
        set._problems.AddRange(modules.Skip(1).Select(extra => new PageProblem(extra.File, 1, "This is neither a cmdlet's page (Verb-Noun.md) nor a topic (about_*.md), and the module's page is there already.")));
        return set;
    }

    private static void AddTo<T>(List<T> pages, T? page)
        where T : class
    {
        if (page is not null)
            pages.Add(page);
    }
}
