namespace IstioAdmin.Core.Workloads;

/// <summary>A workload whose pods are, or were, replaced by new ones.</summary>
public sealed record RestartedWorkload
{
    /// <summary>Name of the connected cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>Namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>Kind: Deployment, StatefulSet or DaemonSet.</summary>
    public required string Kind { get; init; }

    /// <summary>Name.</summary>
    public required string Name { get; init; }

    /// <summary>When the restart was asked for, by this machine's clock; it stands in the template's annotation.</summary>
    public required DateTimeOffset RestartedAt { get; init; }

    /// <summary>Whether all pods of the new template, and only those, were there and available when the command ended.</summary>
    public required bool RolledOut { get; init; }

    /// <summary>Pods of the new template that were available.</summary>
    public required int Available { get; init; }

    /// <summary>Pods that there must be.</summary>
    public required int Desired { get; init; }

    /// <summary>Kind, namespace and name.</summary>
    public override string ToString() => Reference.ToString();

    internal WorkloadReference Reference => new(Namespace, Kind, Name);
}
