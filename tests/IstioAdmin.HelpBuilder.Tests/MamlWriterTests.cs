using System.Xml.Linq;
using IstioAdmin.HelpBuilder.Pages;
using IstioAdmin.HelpBuilder.Writing;

namespace IstioAdmin.HelpBuilder.Tests;

public sealed class MamlWriterTests
{
    private static readonly XElement Command = Write(SamplePage.Sound());

    private static XElement Write(CommandPage page) => MamlWriter.Write([page]).Root!.Elements().Single();

    private static XElement Find(XElement from, params string[] path) =>
        path.Aggregate(from, (element, name) => element.Elements().First(child => child.Name.LocalName == name));

    private static XElement Parameter(string name) =>
        Find(Command, "parameters").Elements().Single(parameter => Find(parameter, "name").Value == name);

    [Fact]
    public void TheFileIsMarkedAsMaml() => Assert.Equal("maml", MamlWriter.Write([]).Root!.Attribute("schema")!.Value);

    [Fact]
    public void NameVerbNounAndSynopsisAreTheDetails()
    {
        XElement details = Find(Command, "details");

        Assert.Equal(["Get-Widget", "Gets widgets.", "Get", "Widget"], details.Elements().Select(element => element.Value));
    }

    [Fact]
    public void APositionIsToldForEachSetOfTheSyntax()
    {
        XElement[] items = [.. Find(Command, "syntax").Elements()];

        Assert.Equal(["Name", "Force"], items[0].Elements().Skip(1).Select(parameter => Find(parameter, "name").Value));
        Assert.Equal(["0", "named"], items[0].Elements().Skip(1).Select(parameter => parameter.Attribute("position")!.Value));
        Assert.Equal(["true", "false", "false"], items[1].Elements().Skip(1).Select(parameter => parameter.Attribute("required")!.Value));
    }

    [Fact]
    public void AParameterTellsHowItTakesThePipelineItsAliasesAndWildcards()
    {
        XElement name = Parameter("Name");

        Assert.Equal("True (ByValue, ByPropertyName)", name.Attribute("pipelineInput")!.Value);
        Assert.Equal("WidgetName, n", name.Attribute("aliases")!.Value);
        Assert.Equal("true", name.Attribute("globbing")!.Value);
        Assert.Equal("string[]", Find(name, "parameterValue").Value);
        Assert.Equal("None", Find(name, "defaultValue").Value);
    }

    [Fact]
    public void ASwitchHasNoValueAndIsFalseByDefault()
    {
        XElement force = Parameter("Force");

        Assert.DoesNotContain(force.Elements(), element => element.Name.LocalName == "parameterValue");
        Assert.Equal("False", Find(force, "defaultValue").Value);
    }

    [Fact]
    public void AcceptedValuesStandInTheSyntaxAndInTheList()
    {
        XElement inSyntax = Find(Command, "syntax").Elements().Last().Elements().Single(element => element.Value.StartsWith("Color", StringComparison.Ordinal));

        Assert.Equal(["Red", "Blue"], Find(inSyntax, "parameterValueGroup").Elements().Select(value => value.Value));
        Assert.Equal(["Red", "Blue"], Find(Parameter("Color"), "possibleValues").Elements().Select(value => Find(value, "value").Value));
    }

    [Fact]
    public void AnExampleIsIntroductionThenCodeWithItsOutputThenRemarks()
    {
        XElement example = Find(Command, "examples", "example");

        Assert.Equal("--------- Example 1: Get some ---------", Find(example, "title").Value);
        Assert.Equal("Those that begin with a.\n\nSorted.\n\n", Find(example, "introduction").Value);
        Assert.Equal("Get-Widget -Name a*\n\nabacus\n  anvil", Find(example, "code").Value);
        Assert.Equal("That was it.", Find(example, "remarks").Value);
    }

    [Fact]
    public void OnlyWebLinksKeepTheirAddress() => Assert.Equal(
        [("Remove-Widget", ""), ("Widgets", "https://widgets.example.org/")],
        Find(Command, "relatedLinks").Elements().Select(link => (Find(link, "linkText").Value, Find(link, "uri").Value)));

    [Fact]
    public void TheOnlineAddressIsTheFirstLinkBecauseGetHelpOnlineOpensThat()
    {
        XElement command = Write(SamplePage.Sound() with { OnlineAddress = "https://example.org/help" });

        Assert.Equal("https://example.org/help", Find(command, "relatedLinks", "navigationLink", "uri").Value);
    }
}
