using IstioAdmin.Core.Health;

namespace IstioAdmin.Core.Cni.Prerequisites;

/// <summary>How a prerequisite came out.</summary>
public enum PrerequisiteStatus
{
    /// <summary>It is met.</summary>
    Pass,

    /// <summary>It is met, or may be, but something about it deserves a look.</summary>
    Warn,

    /// <summary>It is not met.</summary>
    Fail,

    /// <summary>It could not be looked at; the message says why, and names the permission where one is missing.</summary>
    Unknown,
}

/// <summary>Something that must hold before the CNI plugin is switched, and how it came out.</summary>
public sealed record PrerequisiteResult
{
    /// <summary>Name of the connected cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>What it belongs to: Cluster, Mesh, Nodes, Agent or Pods.</summary>
    public required string Category { get; init; }

    /// <summary>Short stable name in PascalCase.</summary>
    public required string Name { get; init; }

    /// <summary>What it was checked of: a namespace, a workload; null for the cluster as a whole.</summary>
    public string? Target { get; init; }

    /// <summary>How it came out.</summary>
    public required PrerequisiteStatus Status { get; init; }

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

    /// <summary>Whether it forbids to go on: with it, pods would not start or traffic would escape the mesh.</summary>
    public bool IsFatal => Status == PrerequisiteStatus.Fail && Severity == CheckSeverity.Error;

    /// <summary>Status, name and target.</summary>
    public override string ToString() => Target is null ? $"{Status} {Name}" : $"{Status} {Name} ({Target})";
}
