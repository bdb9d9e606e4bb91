namespace IstioAdmin.Core.Pke;

/// <summary>What Pipeline is doing with a cluster.</summary>
/// <remarks>Source: banzaicloud/pipeline <c>internal/cluster/service.go</c>.</remarks>
public enum PkeClusterStatus
{
    /// <summary>Another word than these; <see cref="PkeCluster.StatusText"/> has it.</summary>
    Unknown,

    /// <summary>Machines and control plane are being made.</summary>
    Creating,

    /// <summary>It runs.</summary>
    Running,

    /// <summary>It runs, but something that belongs to it (a posthook) failed; the message says what.</summary>
    Warning,

    /// <summary>The last operation failed; the message says why.</summary>
    Error,

    /// <summary>Pools or the version are being changed.</summary>
    Updating,

    /// <summary>It is being taken down.</summary>
    Deleting,
}
