using System.Text;
using System.Xml;
using IstioAdmin.HelpBuilder.Pages;
using IstioAdmin.HelpBuilder.Writing;

namespace IstioAdmin.HelpBuilder;

/// <summary>Turns a folder of pages into the help files of a module.</summary>
internal static class HelpBuild
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Reads every page and, when all are sound, writes the help files.</summary>
    /// <returns>What is wrong in the pages; nothing has been written then.</returns>
    public static IReadOnlyList<PageProblem> Run(string pages, string output)
    {
        HelpSet set = HelpSet.Read(pages);
        List<PageProblem> problems = [.. set.Problems];
        List<(string Name, string Text)> topics = [];
        foreach (AboutPage topic in set.Topics)
        {
            PageProblems found = new(topic.File);
            topics.Add((topic.Name, new AboutWriter(found).Write(topic)));
            problems.AddRange(found.All);
        }

        if (problems.Count > 0)
            return problems;

        Directory.CreateDirectory(output);
        foreach (string stale in Directory.EnumerateFiles(output, "*.help.txt").Concat(Directory.EnumerateFiles(output, "*-Help.xml")))
            File.Delete(stale);
        foreach (IGrouping<string, CommandPage> file in set.Commands.GroupBy(page => page.ExternalHelpFile))
        {
            using XmlWriter writer = XmlWriter.Create(Path.Combine(output, file.Key), new XmlWriterSettings { Indent = true, NewLineChars = "\n", Encoding = Utf8 });
            MamlWriter.Write(file).Save(writer);
        }

        foreach ((string name, string text) in topics)
            File.WriteAllText(Path.Combine(output, name + ".help.txt"), text, Utf8);
        return [];
    }
}
