using IstioAdmin.Core.Redirection.Verdicts;
using IstioAdmin.Core.Workloads;

namespace IstioAdmin.Core.Cni.Migration;

/// <summary>How far a workload is on its way from one sort of redirection to the other.</summary>
public enum MigrationOutcome
{
    /// <summary>Its pods are still redirected the former way.</summary>
    Pending,

    /// <summary>Its pods were replaced, and the traffic of the new ones is proven to be redirected.</summary>
    Migrated,

    /// <summary>Its pods were replaced, or should have been, and something is wrong.</summary>
    Failed,

    /// <summary>A restart would not change it; the message says what would.</summary>
    Skipped,

    /// <summary>Its pods were replaced, and replaced again after a failure elsewhere.</summary>
    RolledBack,
}

/// <summary>A workload whose pods have to be replaced because the way of their redirection changes.</summary>
public sealed record WorkloadMigration
{
    /// <summary>Name of the connected cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>Namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>Kind of the controller at the top, for example <c>Deployment</c>; <c>Pod</c> for one that no controller made.</summary>
    public required string Kind { get; init; }

    /// <summary>Name.</summary>
    public required string Name { get; init; }

    /// <summary>Names of the pods that are redirected the former way.</summary>
    public required IReadOnlyList<string> Pods { get; init; }

    /// <summary>How far it is.</summary>
    public MigrationOutcome Outcome { get; init; }

    /// <summary>The worst verdict about the new pods; null when they were not tested.</summary>
    public RedirectionVerdict? Verdict { get; init; }

    /// <summary>What happened, or why nothing does, as a sentence; null for one that is simply pending.</summary>
    public string? Message { get; init; }

    /// <summary>Kind, namespace and name.</summary>
    public override string ToString() => Reference.ToString();

    internal WorkloadReference Reference => new(Namespace, Kind, Name);

    /// <summary>What is replaced, for the question whether it may be.</summary>
    public string Target => $"{Kind} {Namespace}/{Name} ({Pods.Count} {(Pods.Count == 1 ? "pod" : "pods")})";
}
