using IstioAdmin.Core.Redirection.Repair;

namespace IstioAdmin.Core.Cni.Migration;

/// <summary>How workloads are migrated.</summary>
public sealed record MigrationOptions
{
    /// <summary>Proves the redirection of new pods; null replaces pods without proof.</summary>
    public RedirectionTester? Test { get; init; }

    /// <summary>How many workloads may be on the move at a time.</summary>
    public int MaxUnavailable { get; init; } = 1;

    /// <summary>How long one workload may take.</summary>
    public TimeSpan Wait { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>Whether to go on where the rules of new pods could not be read.</summary>
    public bool Force { get; init; }
}
