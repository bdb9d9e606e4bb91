using System.Management.Automation;
using IstioAdmin.Testing;

namespace IstioAdmin.Module.Tests;

/// <summary>What Get-Help shows at the prompt.</summary>
public sealed class HelpTests(HelpTests.Session session) : IClassFixture<HelpTests.Session>
{
    /// <summary>One import for all of them: nothing here changes the session.</summary>
    public sealed class Session : IDisposable
    {
        private readonly ModuleRunspace _shell = ModuleRunspace.Open();

        public IReadOnlyList<PSObject> Invoke(string script) => _shell.Run(script).ThrowIfFailed().Output;

        public void Dispose() => _shell.Dispose();
    }

    public static TheoryData<string> Cmdlets
    {
        get
        {
            // Asked for before there is a fixture.
            using Session session = new();
            return [.. session.Invoke("Get-Command -Module IstioAdmin").Select(command => ((CommandInfo)command.BaseObject).Name)];
        }
    }

    private PSObject Help(string name) => Assert.Single(session.Invoke($"Get-Help {name} -Full"));

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void EveryCmdletHasASynopsisAndADescription(string name)
    {
        PSObject help = Help(name);

        string synopsis = help.Properties["Synopsis"].Value.ToString()!.Trim();
        Assert.EndsWith(".", synopsis, StringComparison.Ordinal);
        Assert.DoesNotContain(name, synopsis, StringComparison.OrdinalIgnoreCase);
        Assert.NotEmpty(Paragraphs(help, "description"));
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void EveryParameterIsExplainedByName(string name)
    {
        foreach (PSObject parameter in session.Invoke(
            $"(Get-Command {name}).Parameters.Keys | Where-Object {{ $_ -notin [System.Management.Automation.Cmdlet]::CommonParameters }}"))
        {
            PSObject help = Assert.Single(session.Invoke($"Get-Help {name} -Parameter {parameter}"));

            Assert.NotEmpty(Paragraphs(help, "description"));
            Assert.NotEmpty(help.Properties["defaultValue"].Value.ToString()!);
        }
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void EveryCmdletHasTwoExamplesOrMoreThatCallIt(string name)
    {
        PSObject[] examples = [.. session.Invoke($"(Get-Help {name} -Examples).examples.example")];

        Assert.InRange(examples.Length, 2, int.MaxValue);
        Assert.All(examples, example => Assert.Contains(name, example.Properties["code"].Value.ToString()!, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void TheExamplesParse(string name)
    {
        foreach (PSObject example in session.Invoke($"(Get-Help {name}).examples.example"))
        {
            // What the command prints follows after an empty line.
            string command = example.Properties["code"].Value.ToString()!.Split("\n\n")[0];
            System.Management.Automation.Language.Parser.ParseInput(command, out _, out var errors);

            Assert.Empty(errors);
        }
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void EveryRelatedLinkLeadsToHelp(string name)
    {
        PSObject[] links = [.. session.Invoke($"(Get-Help {name}).relatedLinks.navigationLink")];

        Assert.NotEmpty(links);
        Assert.All(links, link =>
        {
            string topic = link.Properties["linkText"].Value.ToString()!;
            PSObject help = Assert.Single(session.Invoke($"Get-Help {topic}"));
            Assert.Equal(topic, help.Properties["Name"].Value.ToString());
        });
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void NoMarkdownIsLeftInTheText(string name) => Assert.All(Strings(Help(name)), text =>
    {
        Assert.DoesNotContain("**", text, StringComparison.Ordinal);
        Assert.DoesNotContain("](", text, StringComparison.Ordinal);
        Assert.DoesNotContain("```", text, StringComparison.Ordinal);
    });

    [Fact]
    public void TheModulesTopicIsFoundAndFits80Columns()
    {
        string text = Assert.Single(session.Invoke("Get-Help about_IstioAdmin")).ToString();

        Assert.StartsWith("TOPIC\n    about_IstioAdmin\n", text.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.All(text.Split('\n'), line => Assert.InRange(line.TrimEnd().Length, 0, 80));
    }

    private static IEnumerable<string> Strings(object? value) => value switch
    {
        string text => [text],
        PSObject { BaseObject: string text } => [text],
        PSObject item => item.Properties.SelectMany(property => Strings(property.Value)),
        Array items => items.Cast<object>().SelectMany(Strings),
        _ => [],
    };

    private static IEnumerable<string> Paragraphs(PSObject help, string property) =>
        (help.Properties[property]?.Value as Array)?.Cast<PSObject>().Select(paragraph => paragraph.Properties["Text"].Value.ToString()!).Where(text => text.Length > 0) ?? [];
}
