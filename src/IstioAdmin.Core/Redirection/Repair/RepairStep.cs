using IstioAdmin.Core.Workloads;

namespace IstioAdmin.Core.Redirection.Repair;

/// <summary>One thing that a repair does: evict a pod, or restart a workload.</summary>
public sealed record RepairStep
{
    /// <summary>The workload; null for a pod that no controller made.</summary>
    public WorkloadReference? Workload { get; init; }

    /// <summary>Evicted: the pods are evicted one after the other. Restarted: the workload is.</summary>
    public required RepairAction Action { get; init; }

    /// <summary>The pods for which it is done.</summary>
    public required IReadOnlyList<BrokenPod> Pods { get; init; }

    /// <summary>Why this and not the other, as a phrase.</summary>
    public required string Reason { get; init; }

    /// <summary>What is changed, for the question whether it may be.</summary>
    public string Target => Action == RepairAction.Restarted
        ? $"{Workload} ({Reason})"
        : $"{(Pods.Count == 1 ? "Pod" : "Pods")} {string.Join(", ", Pods.Select(pod => pod.Pod))} ({Reason})";
}

/// <summary>What a repair would do, and what it would not.</summary>
/// <param name="Steps">The steps, workload by workload.</param>
/// <param name="Sound">Pods that need none.</param>
/// <param name="Refused">Pods that a restart does not help, or that must not be restarted, each with the reason.</param>
public sealed record RepairPlan(IReadOnlyList<RepairStep> Steps, IReadOnlyList<RepairedPod> Sound, IReadOnlyList<(BrokenPod Pod, MeshException Why)> Refused);
