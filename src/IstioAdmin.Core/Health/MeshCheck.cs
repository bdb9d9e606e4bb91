namespace IstioAdmin.Core.Health;

/// <summary>One thing that was checked, and how it came out.</summary>
public sealed record MeshCheck
{
    /// <summary>Name of the connected cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>What it belongs to, for example <c>CniChain</c>; check lists are grouped by it.</summary>
    public required string Category { get; init; }

    /// <summary>Short stable name in PascalCase, unique in its category.</summary>
    public required string Name { get; init; }

    /// <summary>What it was checked of: a node, a pod, a namespace; null for the cluster as a whole.</summary>
    public string? Target { get; init; }

    /// <summary>How it came out.</summary>
    public required CheckStatus Status { get; init; }

    /// <summary>What it means when it fails.</summary>
    public required CheckSeverity Severity { get; init; }

    /// <summary>What must hold, as a phrase.</summary>
    public required string Description { get; init; }

    /// <summary>What was seen, as a sentence.</summary>
    public required string Message { get; init; }

    /// <summary>What to do about it, as a sentence; null when it passed.</summary>
    public string? Hint { get; init; }

    /// <summary>Where the rule comes from: an upstream file or specification.</summary>
    public string? Source { get; init; }

    /// <summary>Status, name and target.</summary>
    public override string ToString() => Target is null ? $"{Status} {Name}" : $"{Status} {Name} ({Target})";
}
