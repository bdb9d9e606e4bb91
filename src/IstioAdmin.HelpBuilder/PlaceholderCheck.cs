using IstioAdmin.HelpBuilder.Pages;

namespace IstioAdmin.HelpBuilder;

/// <summary>Finds the texts in double braces that PlatyPS writes where an author has to.</summary>
internal static class PlaceholderCheck
{
    /// <summary>Reports each line with such a text.</summary>
    public static void Check(string markdown, PageProblems problems)
    {
        int number = 0;
        foreach (string line in markdown.Split('\n'))
        {
            number++;
            if (line.Contains("{{", StringComparison.Ordinal))
                problems.Add(number, $"This text is still to be written: '{line.Trim()}'.");
        }
    }
}
