using IstioAdmin.Core.Redirection.Verdicts;

namespace IstioAdmin.Core.Redirection.Repair;

/// <summary>What was done for a pod.</summary>
public enum RepairAction
{
    /// <summary>Nothing: nothing was wrong.</summary>
    None,

    /// <summary>It was evicted, and its controller made another.</summary>
    Evicted,

    /// <summary>Its workload was restarted.</summary>
    Restarted,
}

/// <summary>A pod before its repair, and those that took its place.</summary>
public sealed record RepairedPod
{
    /// <summary>Name of the connected cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>Namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>Name of the pod that was to be repaired.</summary>
    public required string Name { get; init; }

    /// <summary>The node that it ran on.</summary>
    public string? Node { get; init; }

    /// <summary>Its workload, as kind and name; null when it has none.</summary>
    public string? Workload { get; init; }

    /// <summary>What was done.</summary>
    public required RepairAction Action { get; init; }

    /// <summary>The verdict before.</summary>
    public RedirectionVerdict? Before { get; init; }

    /// <summary>The worst verdict about the pods that took its place; null when they were not tested.</summary>
    public RedirectionVerdict? After { get; init; }

    /// <summary>Names of the pods that took its place: of an evicted pod its own successor, of a restarted workload all its new pods.</summary>
    public IReadOnlyList<string> Replacements { get; init; } = Array.Empty<string>();

    /// <summary>Whether all is well now.</summary>
    public bool Repaired => (Action == RepairAction.None ? Before : After) is RedirectionVerdict.Redirected or RedirectionVerdict.NotExpected;

    /// <summary>What happened, as a sentence.</summary>
    public required string Message { get; init; }

    /// <summary>The name, with its namespace.</summary>
    public override string ToString() => $"{Namespace}/{Name}";
}
