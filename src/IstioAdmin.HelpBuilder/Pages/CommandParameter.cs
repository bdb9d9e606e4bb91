namespace IstioAdmin.HelpBuilder.Pages;

/// <summary>A parameter: its text, and the metadata from the YAML block below it.</summary>
internal sealed record CommandParameter
{
    /// <summary>The schema's name for the set of parameters that belong to every set.</summary>
    public const string AllSets = "(All)";

    /// <summary>The schema's word for a parameter without a position.</summary>
    public const string NamedPosition = "Named";

    /// <summary>Name, without its dash.</summary>
    public required string Name { get; init; }

    /// <summary>Line of its heading.</summary>
    public required int Line { get; init; }

    /// <summary>What it does.</summary>
    public required IReadOnlyList<string> Description { get; init; }

    /// <summary>Full name of its .NET type.</summary>
    public required string Type { get; init; }

    /// <summary>What holds when it is not given, in words; empty when there is no default.</summary>
    public required string DefaultValue { get; init; }

    /// <summary>Whether it takes wildcards.</summary>
    public required bool SupportsWildcards { get; init; }

    /// <summary>Other names for it.</summary>
    public required IReadOnlyList<string> Aliases { get; init; }

    /// <summary>The only values it takes; empty when it takes any.</summary>
    public required IReadOnlyList<string> AcceptedValues { get; init; }

    /// <summary>What it is in each parameter set; a single entry named <see cref="AllSets"/> when it is the same in all.</summary>
    public required IReadOnlyList<ParameterSetUse> Sets { get; init; }

    /// <summary>Whether it is a switch.</summary>
    public bool IsSwitch => Type == "System.Management.Automation.SwitchParameter";

    /// <summary>What it is in the given set, or null when it does not belong to it.</summary>
    public ParameterSetUse? In(string setName) => Sets.FirstOrDefault(set => set.Name == setName) ?? Sets.FirstOrDefault(set => set.Name == AllSets);
}

/// <summary>What a parameter is in one parameter set.</summary>
/// <param name="Name">Name of the set, or <see cref="CommandParameter.AllSets"/>.</param>
/// <param name="Position">Position counted from 0; null when it must be named.</param>
/// <param name="IsRequired">Whether it must be given.</param>
/// <param name="FromPipeline">Whether it takes whole objects from the pipeline.</param>
/// <param name="FromPipelineByPropertyName">Whether it takes the property of its name from objects in the pipeline.</param>
/// <param name="FromRemainingArguments">Whether it takes the arguments that nothing else has taken.</param>
internal sealed record ParameterSetUse(
    string Name,
    int? Position,
    bool IsRequired,
    bool FromPipeline,
    bool FromPipelineByPropertyName,
    bool FromRemainingArguments);
