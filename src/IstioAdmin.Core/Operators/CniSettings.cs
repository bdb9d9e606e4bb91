namespace IstioAdmin.Core.Operators;

/// <summary>What an operator's resources say of the CNI plugin. What they do not say is null.</summary>
public sealed record CniSettings
{
    /// <summary>Whether it is on; an operator's own default counts as said.</summary>
    public required bool Enabled { get; init; }

    /// <summary>Namespaces whose pods the plugin leaves alone.</summary>
    public IReadOnlyList<string>? ExcludedNamespaces { get; init; }

    /// <summary>The nodes' directory of CNI programs.</summary>
    public string? BinDir { get; init; }

    /// <summary>The nodes' directory of CNI configurations.</summary>
    public string? ConfDir { get; init; }

    /// <summary>The plugin's log level.</summary>
    public string? LogLevel { get; init; }

    /// <summary>Whether the plugin is chained into the nodes' configuration; false where Multus calls it.</summary>
    public bool? Chained { get; init; }
}

/// <summary>What somebody wants of the CNI plugin. What is null stays as it is.</summary>
public sealed record CniWish
{
    /// <summary>Namespaces whose pods the plugin leaves alone; an empty list excludes none.</summary>
    public IReadOnlyList<string>? ExcludedNamespaces { get; init; }

    /// <summary>The nodes' directory of CNI programs.</summary>
    public string? BinDir { get; init; }

    /// <summary>The nodes' directory of CNI configurations.</summary>
    public string? ConfDir { get; init; }

    /// <summary>The plugin's log level.</summary>
    public string? LogLevel { get; init; }
}
