using IstioAdmin.Core.Cni.Migration;
using IstioAdmin.Core.Cni.Prerequisites;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Operators;

namespace IstioAdmin.Core.Cni.Switching;

/// <summary>What is asked of a switch.</summary>
public sealed record CniRequest
{
    /// <summary>Name of the mesh's resource; null for the only one.</summary>
    public string? Name { get; init; }

    /// <summary>Settings to change along with it.</summary>
    public CniWish Wish { get; init; } = new();

    /// <summary>Whether to replace the pods that are redirected the former way.</summary>
    public bool Migrate { get; init; }

    /// <summary>In which namespaces; null for all.</summary>
    public Func<string, bool>? WantsNamespace { get; init; }

    /// <summary>Whether to go on against failed prerequisites, and to take over fields that other managers own.</summary>
    public bool Force { get; init; }

    /// <summary>Whether to check prerequisites.</summary>
    public bool CheckPrerequisites { get; init; } = true;
}

/// <summary>What a switch would do. Making a plan changes nothing in the cluster.</summary>
public sealed record CniPlan
{
    /// <summary>The cluster.</summary>
    public required MeshCluster Cluster { get; init; }

    /// <summary>What was asked.</summary>
    public required CniRequest Request { get; init; }

    /// <summary>Whether the plugin is switched on, or off.</summary>
    public required bool On { get; init; }

    /// <summary>What was checked first.</summary>
    public required IReadOnlyList<PrerequisiteResult> Prerequisites { get; init; }

    /// <summary>The objects that change; empty when they say already what is asked.</summary>
    public required IReadOnlyList<CniChange> Changes { get; init; }

    /// <summary>The DaemonSet of agents that has to be rolled so that nodes see its new settings; null when none has.</summary>
    public string? Roll { get; init; }

    /// <summary>The workloads whose pods are redirected the former way, those that are skipped among them.</summary>
    public required IReadOnlyList<WorkloadMigration> Workloads { get; init; }

    /// <summary>
    /// How many pods of the namespaces that are migrated are redirected the new way already: they are tested, and those that are not redirected
    /// after all are replaced, too. Null leaves them alone.
    /// </summary>
    public int? Replaced { get; init; }

    internal CniTarget Target { get; init; } = null!;

    internal CniSettings Wanted { get; init; } = null!;
}

/// <summary>How a plan is run.</summary>
public sealed record CniRunOptions
{
    /// <summary>How long to wait for the operator and the nodes, and then again for each workload; null does not wait, nor migrate.</summary>
    public TimeSpan? Wait { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>Proves the redirection of new pods.</summary>
    public Redirection.Repair.RedirectionTester? Test { get; init; }

    /// <summary>How many workloads may be on the move at a time.</summary>
    public int MaxUnavailable { get; init; } = 1;

    /// <summary>Whether to undo what this run did when it fails.</summary>
    public bool Rollback { get; init; }
}

/// <summary>What a run came to.</summary>
/// <param name="State">The state afterwards.</param>
/// <param name="Failure">Why it stopped; null when it came to its end.</param>
public sealed record CniOutcome(IstioCni State, MeshException? Failure);
