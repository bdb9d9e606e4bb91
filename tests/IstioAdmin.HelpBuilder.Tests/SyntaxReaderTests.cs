using IstioAdmin.HelpBuilder.Pages;

namespace IstioAdmin.HelpBuilder.Tests;

public sealed class SyntaxReaderTests
{
    [Fact]
    public void ThePlaceOfTheBracketsTellsMandatoryAndPositional()
    {
        IReadOnlyList<CommandSyntax> syntax = SamplePage.Sound().Syntax;

        Assert.Equal(
            [new SyntaxParameter("Name", "string[]", IsMandatory: false, IsPositional: true), new SyntaxParameter("Force", null, IsMandatory: false, IsPositional: false)],
            syntax[0].Parameters);
        Assert.Equal(new SyntaxParameter("Id", "int", IsMandatory: true, IsPositional: true), syntax[1].Parameters[0]);
        Assert.Equal(new SyntaxParameter("Color", "Color", IsMandatory: false, IsPositional: false), syntax[1].Parameters[1]);
    }

    [Fact]
    public void TheDefaultSetIsMarkedInItsHeading() => Assert.Equal([true, false], SamplePage.Sound().Syntax.Select(syntax => syntax.IsDefault));

    [Fact]
    public void ASyntaxMayBeBrokenOverLines()
    {
        string markdown = SamplePage.Markdown.Replace("[-Color <Color>] [-Force]", "[-Color <Color>]\n [-Force]", StringComparison.Ordinal);

        (CommandPage? page, IReadOnlyList<PageProblem> problems) = SamplePage.Read(markdown);

        Assert.Empty(problems);
        Assert.Equal("Get-Widget [-Id] <int> [-Color <Color>] [-Force] [<CommonParameters>]", page!.Syntax[1].Text);
    }

    [Fact]
    public void MandatorySwitchesAndNamedParametersStandWithoutBrackets()
    {
        string markdown = SamplePage.Markdown
            .Replace("[-Id] <int> [-Color <Color>] [-Force]", "-Id <int> -Force [-Color <Color>]", StringComparison.Ordinal)
            .Replace("[[-Name] <string[]>] [-Force]", "-Force [[-Name] <string[]>]", StringComparison.Ordinal)
            .Replace("- Name: (All)", "- Name: (All)\n  IsRequired: true", StringComparison.Ordinal)
            .Replace("  Position: 0\n  IsRequired: true", "  IsRequired: true", StringComparison.Ordinal);

        (CommandPage? page, IReadOnlyList<PageProblem> problems) = SamplePage.Read(markdown);

        Assert.Empty(problems);
        Assert.Equal(new SyntaxParameter("Force", null, IsMandatory: true, IsPositional: false), page!.Syntax[0].Parameters[0]);
        Assert.Equal(new SyntaxParameter("Id", "int", IsMandatory: true, IsPositional: false), page.Syntax[1].Parameters[0]);
    }
}
