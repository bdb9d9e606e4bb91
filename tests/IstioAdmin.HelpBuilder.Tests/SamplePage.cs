using IstioAdmin.HelpBuilder.Pages;
using IstioAdmin.HelpBuilder.Reading;

namespace IstioAdmin.HelpBuilder.Tests;

/// <summary>A small page that keeps every rule; tests break one at a time.</summary>
internal static class SamplePage
{
    public const string Markdown =
        """
        ---
        document type: cmdlet
        external help file: Sample.dll-Help.xml
        HelpUri: ''
        Locale: en-US
        Module Name: Sample
        ms.date: 01/31/2026
        PlatyPS schema version: 2024-05-01
        title: Get-Widget
        ---

        # Get-Widget

        ## SYNOPSIS

        Gets widgets.

        ## SYNTAX

        ### ByName (Default)

        ```
        Get-Widget [[-Name] <string[]>] [-Force] [<CommonParameters>]
        ```

        ### ById

        ```
        Get-Widget [-Id] <int> [-Color <Color>] [-Force] [<CommonParameters>]
        ```

        ## ALIASES

        ## DESCRIPTION

        The `Get-Widget` cmdlet gets **all** widgets
        or some of them.

        - one kind
        - another kind

        ## EXAMPLES

        ### Example 1: Get some

        Those that begin with a.

        Sorted.

        ```powershell
        Get-Widget -Name a*
        ```

        ```output
        abacus
          anvil
        ```

        That was it.

        ## PARAMETERS

        ### -Color

        The color.

        ```yaml
        Type: Sample.Color
        DefaultValue: Red
        SupportsWildcards: false
        Aliases: []
        ParameterSets:
        - Name: ById
          Position: Named
          IsRequired: false
          ValueFromPipeline: false
          ValueFromPipelineByPropertyName: false
          ValueFromRemainingArguments: false
        DontShow: false
        AcceptedValues:
        - Red
        - Blue
        HelpMessage: ''
        ```

        ### -Force

        Gets hidden ones too.

        ```yaml
        Type: System.Management.Automation.SwitchParameter
        ParameterSets:
        - Name: (All)
        ```

        ### -Id

        The number.

        ```yaml
        Type: System.Int32
        ParameterSets:
        - Name: ById
          Position: 0
          IsRequired: true
        ```

        ### -Name

        The names.

        ```yaml
        Type: System.String[]
        SupportsWildcards: true
        Aliases:
        - WidgetName
        - n
        ParameterSets:
        - Name: ByName
          Position: 0
          ValueFromPipeline: true
          ValueFromPipelineByPropertyName: true
        ```

        ### CommonParameters

        The usual ones.

        ## INPUTS

        ### System.String[]

        Names.

        ## OUTPUTS

        ### Sample.Widget

        Widgets.

        ## NOTES

        A note.

        ## RELATED LINKS

        - [Remove-Widget](Remove-Widget.md)
        - [Widgets](https://widgets.example.org/)

        """;

    /// <summary>Reads the page as <c>Get-Widget.md</c>.</summary>
    public static (CommandPage? Page, IReadOnlyList<PageProblem> Problems) Read(string markdown)
    {
        PageProblems problems = new("Get-Widget.md");
        CommandPage? page = CommandPageReader.Read(markdown, problems);
        return (page, problems.All);
    }

    /// <summary>The page, read without a problem.</summary>
    public static CommandPage Sound()
    {
        (CommandPage? page, IReadOnlyList<PageProblem> problems) = Read(Markdown);
        Assert.Empty(problems);
        return page!;
    }

    /// <summary>Line of the first occurrence of a text in the page, counted from 1.</summary>
    public static int LineOf(string markdown, string text) =>
        markdown[..markdown.IndexOf(text, StringComparison.Ordinal)].Count(character => character == '\n') + 1;
}
