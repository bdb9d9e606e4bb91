using IstioAdmin.HelpBuilder.Pages;

namespace IstioAdmin.HelpBuilder.Tests;

public sealed class HelpTextTests
{
    private static IReadOnlyList<string> Notes(string markdown)
    {
        (CommandPage? page, IReadOnlyList<PageProblem> problems) = SamplePage.Read(SamplePage.Markdown.Replace("A note.", markdown, StringComparison.Ordinal));
        Assert.Empty(problems);
        return page!.Notes;
    }

    [Theory]
    [InlineData("One `code`, one **strong** and one *soft* word.", "One code, one strong and one soft word.")]
    [InlineData("A line\nand the next.", "A line and the next.")]
    [InlineData("A line  \nand a hard break.", "A line\nand a hard break.")]
    [InlineData("See [Get-Gadget](Get-Gadget.md).", "See Get-Gadget.")]
    [InlineData("See [the site](https://example.org/).", "See the site (https://example.org/).")]
    [InlineData("See <https://example.org/>.", "See https://example.org/.")]
    [InlineData("See [https://example.org/](https://example.org/).", "See https://example.org/.")]
    [InlineData("`<none>` &amp; \\*stars\\*", "<none> & *stars*")]
    public void MarkdownBecomesTheTextOfAConsole(string markdown, string text) => Assert.Equal([text], Notes(markdown));

    [Fact]
    public void ParagraphsListsAndCodeStayApart() => Assert.Equal(
        ["First.", "1. one\n2. two", "if (x)\n    y"],
        Notes("First.\n\n1. one\n2. two\n\n```\nif (x)\n    y\n```"));

    [Fact]
    public void TheSecondLineOfAListItemStandsBelowItsText()
    {
        string item = string.Join(' ', Enumerable.Repeat("word", 20));

        string[] lines = Assert.Single(Notes($"- {item}\n  - inner {item}")).Split('\n');

        Assert.All(lines, line => Assert.InRange(line.Length, 1, 72));
        Assert.StartsWith("- word", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("  word", lines[1], StringComparison.Ordinal);
        Assert.StartsWith("  - inner", lines[2], StringComparison.Ordinal);
        Assert.StartsWith("    word", lines[3], StringComparison.Ordinal);
    }
}
