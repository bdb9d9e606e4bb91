using IstioAdmin.HelpBuilder.Pages;
using IstioAdmin.HelpBuilder.Reading;

namespace IstioAdmin.HelpBuilder.Tests;

public sealed class CommandPageReaderTests
{
    [Fact]
    public void EverySectionOfASoundPageIsRead()
    {
        CommandPage page = SamplePage.Sound();

        Assert.Equal("Get-Widget", page.Name);
        Assert.Equal("Sample.dll-Help.xml", page.ExternalHelpFile);
        Assert.Null(page.OnlineAddress);
        Assert.Equal(["Gets widgets."], page.Synopsis);
        Assert.Equal(["The Get-Widget cmdlet gets all widgets or some of them.", "- one kind\n- another kind"], page.Description);
        Assert.Equal(["ByName", "ById"], page.Syntax.Select(syntax => syntax.SetName));
        Assert.Equal("Example 1: Get some", Assert.Single(page.Examples).Title);
        Assert.Equal(["Color", "Force", "Id", "Name"], page.Parameters.Select(parameter => parameter.Name));
        Assert.Equal("System.String[]", Assert.Single(page.Inputs).TypeName);
        Assert.Equal("Sample.Widget", Assert.Single(page.Outputs).TypeName);
        Assert.Equal(["A note."], page.Notes);
        Assert.Equal(["Remove-Widget", "Widgets"], page.Links.Select(link => link.Text));
    }

    [Fact]
    public void AParameterHasItsMetadataFromTheYamlBlock()
    {
        CommandParameter name = SamplePage.Sound().Parameters.Single(parameter => parameter.Name == "Name");

        Assert.Equal("System.String[]", name.Type);
        Assert.True(name.SupportsWildcards);
        Assert.Equal(["WidgetName", "n"], name.Aliases);
        Assert.Equal(
            new ParameterSetUse("ByName", 0, IsRequired: false, FromPipeline: true, FromPipelineByPropertyName: true, FromRemainingArguments: false),
            Assert.Single(name.Sets));
        Assert.Null(name.In("ById"));
    }

    [Fact]
    public void APageWrittenByPlatyPSIsSound()
    {
        PageProblems problems = new("Get-Widget.md");
        CommandPage? page = CommandPageReader.Read(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Pages", "Get-Widget.md")), problems);

        Assert.Empty(problems.All);
        Assert.Equal(["Color", "Confirm", "Count", "Force", "Id", "Name", "WhatIf"], page!.Parameters.Select(parameter => parameter.Name));
        Assert.Equal(["ByName", "ById"], page.Syntax.Select(syntax => syntax.SetName));
        Assert.Equal("*", page.Parameters.Single(parameter => parameter.Name == "Name").DefaultValue);
        Assert.Equal("https://example.org/widgets", page.OnlineAddress);
    }

    public static TheoryData<string, string, string, string> Breaks => new()
    {
        // What is replaced, by what, the text on the line that is reported, and what the message says.
        { "## NOTES\n", "## REMARKS\n", "## REMARKS", "'REMARKS' is no section" },
        { "## NOTES\n", "## REMARKS\n", "# Get-Widget", "The section NOTES is missing" },
        { "## NOTES\n", "## INPUTS\n", "## INPUTS\n\nA note", "The section INPUTS stands here a second time" },
        { "## NOTES\n\nA note.\n\n## RELATED LINKS\n", "## RELATED LINKS\n\n## NOTES\n", "## NOTES", "The section NOTES comes before RELATED LINKS" },
        { "Gets widgets.\n", "", "## SYNOPSIS", "The section SYNOPSIS is empty" },
        { "# Get-Widget\n", "# Get-Gadget\n", "# Get-Gadget", "The title is 'Get-Gadget', the file's name 'Get-Widget'" },
        { "title: Get-Widget\n", "title: Get-Gadget\n", "---", "The front matter's title is 'Get-Gadget'" },
        { "title: Get-Widget\n", "", "---", "The front matter lacks 'title'" },
        { "2024-05-01", "2.0.0", "---", "'PlatyPS schema version' is '2.0.0'; expected '2024-05-01'" },
        { "document type: cmdlet", "document type: module", "---", "'document type' is 'module'; expected 'cmdlet'" },
        { "HelpUri: ''", "HelpUri: [a", "HelpUri: [a", "The front matter is not a YAML map" },
        { "HelpUri: ''", "title: x", "document type:", "Encountered duplicate key title" },
        { "### ByName (Default)", "### ById (Default)", "### ById (Default)", "lacks -Id" },
        { "Get-Widget [[-Name] <string[]>]", "Get-Widget [[-Name <string[]>]", "```\nGet-Widget [[-Name <", "This is not the syntax of Get-Widget" },
        { "Get-Widget [[-Name] <string[]>]", "Set-Widget [[-Name] <string[]>]", "```\nSet-Widget", "This is not the syntax of Get-Widget" },
        { "[-Id] <int>", "[[-Id] <int>]", "### -Id", "-Id is optional in the syntax of set 'ById' and mandatory here" },
        { "[-Id] <int>", "-Id <int>", "### -Id", "-Id is named in the syntax of set 'ById' and positional here" },
        { "[-Color <Color>] ", "[-Color] ", "### -Color", "-Color is a switch in the syntax of set 'ById' and no switch here" },
        { "[-Color <Color>] ", "", "### ById", "The syntax of set 'ById' lacks -Color" },
        { "[-Color <Color>] ", "[-Size <int>] [-Color <Color>] ", "### ById", "has -Size, which PARAMETERS does not put into it" },
        { "- Name: ByName\n", "- Name: ByNmae\n", "### -Name", "belongs to the set 'ByNmae', which SYNTAX does not have" },
        { "### -Color\n", "### Color\n", "### Color", "'Color' is no parameter" },
        { "Type: System.Int32\n", "Typ: System.Int32\n", "Typ: System.Int32", "The parameter's YAML cannot be read: Property 'Typ' not found" },
        { "Type: System.Int32\n", "", "ParameterSets:\n- Name: ById\n  Position: 0", "The parameter's 'Type' is missing" },
        { "  IsRequired: true", "  IsRequired: perhaps", "  IsRequired: perhaps", "not a valid YAML Boolean" },
        { "  Position: Named", "  Position: first", "```yaml\nType: Sample.Color", "The position 'first' is neither a number nor 'Named'" },
        { "Type: System.Int32\nParameterSets:\n- Name: ById\n  Position: 0\n  IsRequired: true\n", "Type: System.Int32\n", "Type: System.Int32", "'ParameterSets' is missing" },
        { "```yaml\nType: System.Int32", "```json\nType: System.Int32", "### -Id", "ends with a 'yaml' code block" },
        { "A note.", "| a | b |\n| - | - |\n| 1 | 2 |", "| a | b |", "a table cannot be shown" },
        { "A note.", "A <b>bold</b> note.", "A <b>", "'<b>' is HTML" },
    };

    [Theory]
    [MemberData(nameof(Breaks))]
    public void APageThatBreaksTheSchemaIsReportedWithItsLine(string part, string replacement, string reportedAt, string message)
    {
        Assert.Contains(part, SamplePage.Markdown, StringComparison.Ordinal);
        string markdown = SamplePage.Markdown.Replace(part, replacement, StringComparison.Ordinal);

        IReadOnlyList<PageProblem> problems = SamplePage.Read(markdown).Problems;

        Assert.Contains(problems, problem =>
            problem.Message.Contains(message, StringComparison.Ordinal) && problem.Line == SamplePage.LineOf(markdown, reportedAt));
    }

    [Theory]
    [InlineData("")]
    [InlineData("## SYNOPSIS\n\nNo title.\n")]
    [InlineData("# One\n\n# Two\n")]
    public void APageWithoutExactlyOneTitleIsNoPage(string markdown)
    {
        (CommandPage? page, IReadOnlyList<PageProblem> problems) = SamplePage.Read(markdown);

        Assert.Null(page);
        Assert.Contains(problems, problem => problem.Message.StartsWith("A page has one title", StringComparison.Ordinal));
    }

    [Fact]
    public void AProblemIsWrittenInTheFormThatBuildToolsTurnIntoALink() =>
        Assert.Equal("docs/Get-Widget.md(7): error HELP001: Wrong.", new PageProblem("docs/Get-Widget.md", 7, "Wrong.").ToString());
}
