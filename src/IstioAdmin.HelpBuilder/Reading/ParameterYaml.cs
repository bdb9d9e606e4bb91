using System.Globalization;
using IstioAdmin.HelpBuilder.Pages;
using Markdig.Syntax;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace IstioAdmin.HelpBuilder.Reading;

/// <summary>The YAML block below a parameter, key by key as the schema names them. Unknown and doubled keys are errors.</summary>
internal sealed class ParameterYaml
{
    private static readonly IDeserializer Yaml = new DeserializerBuilder().WithDuplicateKeyChecking().Build();

    public string Type { get; set; } = "";

    public string DefaultValue { get; set; } = "";

    public bool SupportsWildcards { get; set; }

    public List<string> Aliases { get; set; } = [];

    public List<ParameterSetYaml> ParameterSets { get; set; } = [];

    public bool DontShow { get; set; }

    public List<string> AcceptedValues { get; set; } = [];

    public string HelpMessage { get; set; } = "";

    /// <summary>Reads a block; null, with the problem reported at its line, when it is not what the schema says.</summary>
    public static ParameterYaml? Read(FencedCodeBlock block, PageProblems problems)
    {
        int firstLine = OutlineReader.LineOf(block) + 1;
        try
        {
            ParameterYaml yaml = Yaml.Deserialize<ParameterYaml?>(HelpText.Code(block)) ?? new ParameterYaml();
            if (yaml.Type.Length == 0)
                problems.Add(firstLine, "The parameter's 'Type' is missing.");
            if (yaml.ParameterSets.Count == 0)
                problems.Add(firstLine, "The parameter's 'ParameterSets' is missing; a parameter of every set has one entry named '(All)'.");
            return yaml;
        }
        catch (YamlException error)
        {
            problems.Add(firstLine + (int)error.Start.Line - 1, $"The parameter's YAML cannot be read: {error.InnerException?.Message ?? error.Message}");
            return null;
        }
    }
}

/// <summary>One entry below <c>ParameterSets</c>.</summary>
internal sealed class ParameterSetYaml
{
    public string Name { get; set; } = "";

    public string Position { get; set; } = CommandParameter.NamedPosition;

    public bool IsRequired { get; set; }

    public bool ValueFromPipeline { get; set; }

    public bool ValueFromPipelineByPropertyName { get; set; }

    public bool ValueFromRemainingArguments { get; set; }

    /// <summary>The entry with its position as a number.</summary>
    public ParameterSetUse ToUse(int line, PageProblems problems)
    {
        int? position = int.TryParse(Position, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
        if (position is null && !Position.Equals(CommandParameter.NamedPosition, StringComparison.OrdinalIgnoreCase))
            problems.Add(line, $"The position '{Position}' is neither a number nor '{CommandParameter.NamedPosition}'.");
        return new ParameterSetUse(Name, position, IsRequired, ValueFromPipeline, ValueFromPipelineByPropertyName, ValueFromRemainingArguments);
    }
}
