using IstioAdmin.HelpBuilder.Pages;

namespace IstioAdmin.HelpBuilder.Reading;

/// <summary>Reads a conceptual topic: a title <c>about_…</c>, then SHORT DESCRIPTION, LONG DESCRIPTION and whatever follows.</summary>
internal static class AboutPageReader
{
    private static readonly string[] Opening = ["SHORT DESCRIPTION", "LONG DESCRIPTION"];

    /// <summary>Reads a topic; null, with a problem reported, when it has no title.</summary>
    public static AboutPage? Read(string markdown, PageProblems problems)
    {
        if (OutlineReader.Read(markdown, problems) is not { Title: var title })
            return null;

        string file = Path.GetFileNameWithoutExtension(problems.File);
        if (title.Heading != file)
            problems.Add(title.Line, $"The title is '{title.Heading}', the file's name '{file}'.");
        if (!title.Sections.Take(Opening.Length).Select(section => section.Heading).SequenceEqual(Opening))
            problems.Add(title.Line, $"A topic begins with the sections {string.Join(" and ", Opening)}.");
        return new AboutPage(problems.File, title.Heading, title.Sections);
    }
}
