using System.Globalization;
using System.Xml.Linq;
using IstioAdmin.HelpBuilder.Pages;
using static IstioAdmin.HelpBuilder.Writing.MamlNames;

namespace IstioAdmin.HelpBuilder.Writing;

/// <summary>Writes a parameter, as the syntax shows it and with all that is known of it.</summary>
internal static class MamlParameter
{
    /// <summary>A parameter of a syntax item: what its parameter set makes of it.</summary>
    public static XElement InSyntax(CommandPage page, CommandSyntax syntax, SyntaxParameter shown)
    {
        CommandParameter parameter = page.Parameters.First(parameter => parameter.Name == shown.Name);
        ParameterSetUse use = parameter.In(syntax.SetName)!;
        return new XElement(
            Command + "parameter",
            Attributes(parameter, [use]),
            new XElement(Maml + "name", parameter.Name),
            Values(parameter),
            Value(shown.Type),
            TypeOf(parameter));
    }

    /// <summary>A parameter of the list: what holds for it in any set. The engine has one place for the position; the first set's fills it.</summary>
    public static XElement Full(CommandPage page, CommandParameter parameter)
    {
        string? shortType = page.Syntax.SelectMany(syntax => syntax.Parameters).FirstOrDefault(shown => shown.Name == parameter.Name)?.Type;
        return new XElement(
            Command + "parameter",
            Attributes(parameter, parameter.Sets),
            new XElement(Maml + "name", parameter.Name),
            Description(parameter.Description),
            Values(parameter),
            Value(shortType),
            TypeOf(parameter),
            new XElement(Dev + "defaultValue", DefaultOf(parameter)),
            PossibleValues(parameter));
    }

    private static IEnumerable<XAttribute> Attributes(CommandParameter parameter, IReadOnlyList<ParameterSetUse> uses) =>
    [
        new("required", uses.Any(use => use.IsRequired)),
        new("variableLength", parameter.Type.EndsWith("[]", StringComparison.Ordinal)),
        new("globbing", parameter.SupportsWildcards),
        new("pipelineInput", PipelineInput(uses)),
        new("position", uses.FirstOrDefault(use => use.Position.HasValue)?.Position?.ToString(CultureInfo.InvariantCulture) ?? "named"),
        new("aliases", parameter.Aliases.Count == 0 ? "none" : string.Join(", ", parameter.Aliases)),
    ];

    private static string PipelineInput(IReadOnlyList<ParameterSetUse> uses) =>
        (uses.Any(use => use.FromPipeline), uses.Any(use => use.FromPipelineByPropertyName)) switch
        {
            (true, true) => "True (ByValue, ByPropertyName)",
            (true, false) => "True (ByValue)",
            (false, true) => "True (ByPropertyName)",
            (false, false) => "False",
        };

    /// <summary>The value in angle brackets; a switch has none.</summary>
    private static XElement? Value(string? shortType) => shortType is null
        ? null
        : new XElement(
            Command + "parameterValue",
            new XAttribute("required", true),
            new XAttribute("variableLength", shortType.EndsWith("[]", StringComparison.Ordinal)),
            shortType);

    /// <summary>What the syntax shows in braces.</summary>
    private static XElement? Values(CommandParameter parameter) => parameter.AcceptedValues.Count == 0
        ? null
        : new XElement(
            Command + "parameterValueGroup",
            parameter.AcceptedValues.Select(value => new XElement(Command + "parameterValue", new XAttribute("required", false), value)));

    /// <summary>What the list shows below the text.</summary>
    private static XElement? PossibleValues(CommandParameter parameter) => parameter.AcceptedValues.Count == 0
        ? null
        : new XElement(
            Dev + "possibleValues",
            parameter.AcceptedValues.Select(value => new XElement(Dev + "possibleValue", new XElement(Dev + "value", value), Description([]))));

    private static XElement TypeOf(CommandParameter parameter) => new(Dev + "type", new XElement(Maml + "name", parameter.Type));

    private static string DefaultOf(CommandParameter parameter) =>
        parameter.DefaultValue.Length > 0 ? parameter.DefaultValue : parameter.IsSwitch ? "False" : "None";
}
