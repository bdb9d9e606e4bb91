namespace IstioAdmin.HelpBuilder.Pages;

/// <summary>One cmdlet's help, as its page tells it. Texts are lists of paragraphs.</summary>
internal sealed record CommandPage
{
    /// <summary>Path of the page.</summary>
    public required string File { get; init; }

    /// <summary>Name of the cmdlet.</summary>
    public required string Name { get; init; }

    /// <summary>Name of the MAML file that the engine looks for, for example <c>IstioAdmin.dll-Help.xml</c>.</summary>
    public required string ExternalHelpFile { get; init; }

    /// <summary>Address that <c>Get-Help -Online</c> opens; null when there is none.</summary>
    public string? OnlineAddress { get; init; }

    /// <summary>What the cmdlet does, in a sentence.</summary>
    public required IReadOnlyList<string> Synopsis { get; init; }

    /// <summary>One entry for each parameter set, the default one among them.</summary>
    public required IReadOnlyList<CommandSyntax> Syntax { get; init; }

    /// <summary>The long description.</summary>
    public required IReadOnlyList<string> Description { get; init; }

    /// <summary>The examples.</summary>
    public required IReadOnlyList<CommandExample> Examples { get; init; }

    /// <summary>Every parameter but the common ones.</summary>
    public required IReadOnlyList<CommandParameter> Parameters { get; init; }

    /// <summary>Types that the pipeline takes.</summary>
    public required IReadOnlyList<PipelineType> Inputs { get; init; }

    /// <summary>Types that the cmdlet writes.</summary>
    public required IReadOnlyList<PipelineType> Outputs { get; init; }

    /// <summary>Remarks at the end.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>Where to read on.</summary>
    public required IReadOnlyList<RelatedLink> Links { get; init; }
}
