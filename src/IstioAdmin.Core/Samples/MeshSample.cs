using IstioAdmin.Core.Kube.Changes;

namespace IstioAdmin.Core.Samples;

/// <summary>A sample application after it was installed or removed.</summary>
public sealed record MeshSample
{
    /// <summary>Name of the connected cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>The namespace it is in.</summary>
    public required string Namespace { get; init; }

    /// <summary>Name of the sample, for example <c>bookinfo</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Its version; null when a removal found no deployment that told it.</summary>
    public string? Version { get; init; }

    /// <summary>Whether every deployment was rolled out and available when the command ended.</summary>
    public required bool Ready { get; init; }

    /// <summary>Its objects and what happened to each.</summary>
    public required IReadOnlyList<ChangedObject> Objects { get; init; }

    /// <summary>Whether anything in the cluster was changed.</summary>
    public bool Changed => Objects.Any(item => item.Outcome is ChangeOutcome.Created or ChangeOutcome.Changed or ChangeOutcome.Removed);

    /// <summary>The name, with its namespace.</summary>
    public override string ToString() => $"{Namespace}/{Name}";
}
