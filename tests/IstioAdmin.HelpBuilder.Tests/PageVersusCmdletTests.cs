using System.Globalization;
using System.Management.Automation;
using IstioAdmin.HelpBuilder.Pages;
using IstioAdmin.Testing;

namespace IstioAdmin.HelpBuilder.Tests;

/// <summary>What the pages say of a cmdlet is what the engine knows of it, and the other way round.</summary>
public sealed class PageVersusCmdletTests(PageVersusCmdletTests.Session session) : IClassFixture<PageVersusCmdletTests.Session>
{
    /// <summary>One import for all of them: nothing here changes the session.</summary>
    public sealed class Session : IDisposable
    {
        private readonly ModuleRunspace _shell = ModuleRunspace.Open();

        public IReadOnlyList<PSObject> Invoke(string script) => _shell.Run(script).ThrowIfFailed().Output;

        public void Dispose() => _shell.Dispose();
    }

    private static readonly Dictionary<string, CommandPage> Pages = HelpSet.Read(HelpBuildTests.OwnPages).Commands.ToDictionary(page => page.Name);

    public static TheoryData<string> PageNames => [.. Pages.Keys.Order(StringComparer.Ordinal)];

    private CmdletInfo Cmdlet(string name) => (CmdletInfo)Assert.Single(session.Invoke($"Get-Command -Module IstioAdmin -Name {name}")).BaseObject;

    [Fact]
    public void EveryCmdletHasAPageAndEveryPageACmdlet() => Assert.Equal(
        session.Invoke("Get-Command -Module IstioAdmin").Select(command => ((CommandInfo)command.BaseObject).Name).Order(StringComparer.Ordinal),
        Pages.Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void TheModulesPageHasTheModulesGuid()
    {
        PSModuleInfo info = (PSModuleInfo)Assert.Single(session.Invoke("Get-Module IstioAdmin")).BaseObject;
        string page = File.ReadAllText(Path.Combine(HelpBuildTests.OwnPages, "IstioAdmin.md"));

        Assert.Contains($"\nModule Guid: {info.Guid}\n", page, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(PageNames))]
    public void TheSyntaxIsTheCmdlets(string name) => Assert.Equal(
        Cmdlet(name).ParameterSets.Select(set => (set.Name, set.IsDefault, $"{name} {set}")),
        Pages[name].Syntax.Select(syntax => (syntax.SetName, syntax.IsDefault, syntax.Text)));

    [Theory]
    [MemberData(nameof(PageNames))]
    public void TheParametersAreTheCmdlets(string name) => Assert.Equal(
        OwnParameters(Cmdlet(name)).Select(FromMetadata).Order(StringComparer.Ordinal),
        Pages[name].Parameters.Select(FromPage).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(PageNames))]
    public void EveryParameterIsDescribed(string name) => Assert.All(Pages[name].Parameters, parameter => Assert.NotEmpty(parameter.Description));

    [Theory]
    [MemberData(nameof(PageNames))]
    public void ADefaultValueThatTheCmdletSetsIsTheOneOnThePage(string name)
    {
        CmdletInfo cmdlet = Cmdlet(name);
        object fresh = Activator.CreateInstance(cmdlet.ImplementingType)!;
        foreach (CommandParameter parameter in Pages[name].Parameters)
        {
            // WhatIf and Confirm belong to the engine.
            if (cmdlet.ImplementingType.GetProperty(parameter.Name) is not { } property)
                continue;

            switch (property.GetValue(fresh))
            {
                case SwitchParameter switched:
                    Assert.Equal(switched.IsPresent.ToString(), parameter.DefaultValue);
                    break;
                case null or "" or Array { Length: 0 }:
                    // What happens then is the cmdlet's business; the page says it in words, or nothing.
                    Assert.False(int.TryParse(parameter.DefaultValue, out _), $"-{parameter.Name} has no default value; the page says {parameter.DefaultValue}.");
                    break;
                case string[] texts:
                    Assert.Equal(string.Join(", ", texts), parameter.DefaultValue);
                    break;
                case var value:
                    Assert.Equal(Convert.ToString(value, CultureInfo.InvariantCulture), parameter.DefaultValue);
                    break;
            }
        }
    }

    [Theory]
    [MemberData(nameof(PageNames))]
    public void InputsNameEveryTypeThatThePipelineTakesWhole(string name)
    {
        IEnumerable<string> taken = OwnParameters(Cmdlet(name))
            .Where(parameter => parameter.ParameterSets.Values.Any(set => set.ValueFromPipeline))
            .Select(parameter => (parameter.ParameterType.GetElementType() ?? parameter.ParameterType).FullName!);
        string[] told = [.. Pages[name].Inputs.Select(input => input.TypeName)];

        Assert.NotEmpty(told);
        Assert.Subset(told.ToHashSet(), taken.ToHashSet());
        Assert.Equal(!OwnParameters(Cmdlet(name)).Any(TakesPipeline), told is ["None"]);
    }

    [Theory]
    [MemberData(nameof(PageNames))]
    public void OutputsAreTheCmdlets(string name) => Assert.Equal(
        Cmdlet(name).OutputType.Select(type => type.Name).DefaultIfEmpty("None").Order(StringComparer.Ordinal),
        Pages[name].Outputs.Select(output => output.TypeName).Order(StringComparer.Ordinal));

    private static bool TakesPipeline(ParameterMetadata parameter) =>
        parameter.ParameterSets.Values.Any(set => set.ValueFromPipeline || set.ValueFromPipelineByPropertyName);

    private static IEnumerable<ParameterMetadata> OwnParameters(CmdletInfo cmdlet) =>
        cmdlet.Parameters.Values.Where(parameter => !System.Management.Automation.Cmdlet.CommonParameters.Contains(parameter.Name));

    private static string FromMetadata(ParameterMetadata parameter) => Describe(
        parameter.Name,
        parameter.ParameterType.ToString(),
        parameter.Aliases,
        parameter.Attributes.OfType<SupportsWildcardsAttribute>().Any(),
        AcceptedValues(parameter),
        parameter.ParameterSets.Select(set => new ParameterSetUse(
            set.Key == ParameterAttribute.AllParameterSets ? CommandParameter.AllSets : set.Key,
            set.Value.Position == int.MinValue ? null : set.Value.Position,
            set.Value.IsMandatory,
            set.Value.ValueFromPipeline,
            set.Value.ValueFromPipelineByPropertyName,
            set.Value.ValueFromRemainingArguments)));

    private static IEnumerable<string> AcceptedValues(ParameterMetadata parameter)
    {
        if (parameter.Attributes.OfType<ValidateSetAttribute>().FirstOrDefault() is { } set)
            return set.ValidValues;

        Type type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType.GetElementType() ?? parameter.ParameterType;
        return type.IsEnum ? Enum.GetNames(type) : [];
    }

    private static string FromPage(CommandParameter parameter) => Describe(
        parameter.Name, parameter.Type, parameter.Aliases, parameter.SupportsWildcards, parameter.AcceptedValues, parameter.Sets);

    /// <summary>All that is compared, as text, so that a failing test shows the two side by side.</summary>
    private static string Describe(
        string name, string type, IEnumerable<string> aliases, bool wildcards, IEnumerable<string> accepted, IEnumerable<ParameterSetUse> sets) =>
        $"-{name} <{type}> aliases [{string.Join(", ", aliases)}] wildcards {wildcards} accepts [{string.Join(", ", accepted)}] "
        + string.Join("; ", sets.OrderBy(set => set.Name, StringComparer.Ordinal));
}
