using System.Reflection;
using System.Xml.Linq;
using IstioAdmin.HelpBuilder.Pages;

namespace IstioAdmin.HelpBuilder.Tests;

public sealed class HelpBuildTests : IDisposable
{
    private readonly string _pages = Directory.CreateTempSubdirectory("help-pages-").FullName;
    private readonly string _output = Directory.CreateTempSubdirectory("help-output-").FullName;

    public void Dispose()
    {
        Directory.Delete(_pages, recursive: true);
        Directory.Delete(_output, recursive: true);
    }

    /// <summary>The folder of this project's own pages.</summary>
    internal static string OwnPages { get; } =
        typeof(HelpBuildTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(entry => entry.Key == "HelpPages").Value!;

    private void Page(string name, string markdown) => File.WriteAllText(Path.Combine(_pages, name), markdown);

    private void SoundPages()
    {
        Page("Get-Widget.md", SamplePage.Markdown);
        Page("Remove-Widget.md", SamplePage.Markdown.Replace("Get-Widget", "Remove-Widget", StringComparison.Ordinal));
        Page("about_Widgets.md", "# about_Widgets\n\n## SHORT DESCRIPTION\n\nA.\n\n## LONG DESCRIPTION\n\nB.\n");
        Page("Sample.md", ModulePage("[Get-Widget](Get-Widget.md)", "[Remove-Widget](Remove-Widget.md)"));
    }

    private static string ModulePage(params string[] entries) =>
        $"""
        ---
        document type: module
        HelpInfoUri: ''
        Locale: en-US
        Module Guid: 00000000-0000-0000-0000-000000000000
        Module Name: Sample
        PlatyPS schema version: 2024-05-01
        title: Sample Module
        ---

        # Sample Module

        ## Description

        Widgets.

        ## Sample

        {string.Join("\n\nText.\n\n", entries.Select(entry => "### " + entry))}
        """;

    [Fact]
    public void AFolderOfPagesBecomesOneHelpFileAndATextForEachTopic()
    {
        SoundPages();

        Assert.Empty(HelpBuild.Run(_pages, _output));

        Assert.Equal(["Sample.dll-Help.xml", "about_Widgets.help.txt"], Directory.EnumerateFiles(_output).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(2, XDocument.Load(Path.Combine(_output, "Sample.dll-Help.xml")).Root!.Elements().Count());
    }

    [Fact]
    public void ATopicThatWasDeletedLeavesTheOutput()
    {
        SoundPages();
        Page("about_Gone.md", "# about_Gone\n\n## SHORT DESCRIPTION\n\nA.\n\n## LONG DESCRIPTION\n\nB.\n");
        Assert.Empty(HelpBuild.Run(_pages, _output));
        File.Delete(Path.Combine(_pages, "about_Gone.md"));

        Assert.Empty(HelpBuild.Run(_pages, _output));

        Assert.False(File.Exists(Path.Combine(_output, "about_Gone.help.txt")));
    }

    [Fact]
    public void NothingIsWrittenWhenAPageIsWrong()
    {
        SoundPages();
        Page("about_Widgets.md", "# about_Widgets\n");

        Assert.NotEmpty(HelpBuild.Run(_pages, _output));

        Assert.Empty(Directory.EnumerateFiles(_output));
    }

    [Fact]
    public void ALinkToAPageThatIsNotThereIsReportedWithItsLine()
    {
        SoundPages();
        File.Delete(Path.Combine(_pages, "Remove-Widget.md"));

        IReadOnlyList<PageProblem> problems = HelpBuild.Run(_pages, _output);

        Assert.Contains(problems, problem => problem.File.EndsWith("Get-Widget.md", StringComparison.Ordinal)
            && problem.Line == SamplePage.LineOf(SamplePage.Markdown, "- [Remove-Widget]")
            && problem.Message.Contains("'Remove-Widget.md', which is not there", StringComparison.Ordinal));
        Assert.Contains(problems, problem => problem.File.EndsWith("Sample.md", StringComparison.Ordinal));
    }

    [Fact]
    public void ACmdletThatTheModulesPageForgetsIsReported()
    {
        SoundPages();
        Page("Sample.md", ModulePage("[Get-Widget](Get-Widget.md)"));

        PageProblem problem = Assert.Single(HelpBuild.Run(_pages, _output));

        Assert.Equal("The module's page has no entry for Remove-Widget.", problem.Message);
    }

    [Fact]
    public void TextThatIsStillToBeWrittenIsReported()
    {
        SoundPages();
        Page("Get-Widget.md", SamplePage.Markdown.Replace("A note.", "{{ Fill in the Notes }}", StringComparison.Ordinal));

        PageProblem problem = Assert.Single(HelpBuild.Run(_pages, _output));

        Assert.Equal(SamplePage.LineOf(SamplePage.Markdown, "A note."), problem.Line);
    }

    [Fact]
    public void ThePagesOfThisModuleAreSound() => Assert.Empty(HelpBuild.Run(OwnPages, _output));
}
