using IstioAdmin.HelpBuilder.Pages;

namespace IstioAdmin.HelpBuilder.Reading;

/// <summary>Reads the module's page: a description, then groups with an entry '### [Name](Name.md)' for each cmdlet.</summary>
internal static class ModulePageReader
{
    /// <summary>Reads the page; null, with a problem reported, when it has no title.</summary>
    public static ModulePage? Read(string markdown, PageProblems problems)
    {
        if (OutlineReader.Read(markdown, problems) is not { } outline)
            return null;

        FrontMatterReader.Read(outline.FrontMatter, "module", ["Module Guid", "HelpInfoUri"], problems);
        if (outline.Title.Sections is not [{ Heading: "Description", Blocks.Count: > 0 }, ..])
            problems.Add(outline.Title.Line, "The module's page begins with the section Description.");

        IEnumerable<Section> entries = outline.Title.Sections.Skip(1).SelectMany(group => group.Sections);
        return new ModulePage(problems.File, [.. LinkReader.Read(entries.Select(entry => entry.Source))]);
    }
}
