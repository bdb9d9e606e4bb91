using IstioAdmin.HelpBuilder.Pages;
using IstioAdmin.HelpBuilder.Reading;
using IstioAdmin.HelpBuilder.Writing;

namespace IstioAdmin.HelpBuilder.Tests;

public sealed class AboutTopicTests
{
    private static (string? Text, IReadOnlyList<PageProblem> Problems) Write(string markdown)
    {
        PageProblems problems = new("about_Widgets.md");
        AboutPage? page = AboutPageReader.Read(markdown, problems);
        string? text = page is null ? null : new AboutWriter(problems).Write(page);
        return (text, problems.All);
    }

    private static string Topic(string body) => $"# about_Widgets\n\n## SHORT DESCRIPTION\n\nWhat widgets are.\n\n## LONG DESCRIPTION\n\n{body}\n";

    [Fact]
    public void ATopicReadsAsTheEnginePrintsIt()
    {
        (string? text, IReadOnlyList<PageProblem> problems) = Write(Topic("Things.\n\n- one\n- two\n\n### Kinds\n\nMany.\n\n```\nGet-Widget\n```\n\n## See also\n\nGet-Widget"));

        Assert.Empty(problems);
        Assert.Equal(
            """
            TOPIC
                about_Widgets

            SHORT DESCRIPTION
                What widgets are.

            LONG DESCRIPTION
                Things.

                - one
                - two

              Kinds

                Many.

                    Get-Widget

            SEE ALSO
                Get-Widget

            """,
            text);
    }

    [Fact]
    public void TheFifthLineIsTheSynopsisBecauseTheEngineTakesItFromThere() =>
        Assert.Equal("What widgets are.", Write(Topic("Things.")).Text!.Split('\n')[4].Trim());

    [Fact]
    public void NoLineIsWiderThan80Columns()
    {
        string words = string.Join(' ', Enumerable.Repeat("wording", 60));

        (string? text, _) = Write(Topic($"{words}\n\n- {words}\n  - {words}\n\n### More\n\n{words}"));

        Assert.All(text!.Split('\n'), line => Assert.InRange(line.Length, 0, 80));
        Assert.Contains(text.Split('\n'), line => line.Length > 72);
    }

    [Fact]
    public void CodeThatIsTooWideIsReported()
    {
        string markdown = Topic($"```\n{new string('x', 73)}\n```");

        PageProblem problem = Assert.Single(Write(markdown).Problems);

        Assert.Equal(SamplePage.LineOf(markdown, "```"), problem.Line);
        Assert.Contains("wider than a topic's 80 columns", problem.Message, StringComparison.Ordinal);
        Assert.Empty(Write(Topic($"```\n{new string('x', 72)}\n```")).Problems);
    }

    [Fact]
    public void ATopicBeginsWithItsShortDescription() =>
        Assert.Contains(Write("# about_Widgets\n\n## DESCRIPTION\n\nThings.\n").Problems, problem => problem.Message.Contains("SHORT DESCRIPTION", StringComparison.Ordinal));

    [Fact]
    public void TheTitleIsTheFilesName() =>
        Assert.Contains(Write("# about_Gadgets\n\n## SHORT DESCRIPTION\n\nA.\n\n## LONG DESCRIPTION\n\nB.\n").Problems, problem => problem.Message.Contains("about_Gadgets", StringComparison.Ordinal));
}
