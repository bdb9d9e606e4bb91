using IstioAdmin.Core.Health;
using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Redirection.Repair;

/// <summary>Tests the redirection of pods; the results are in the order of the pods, without those that are gone.</summary>
public delegate Task<IReadOnlyList<BrokenPod>> RedirectionTester(IReadOnlyList<MeshPod> pods, CancellationToken cancel);

/// <summary>The checks of Istio's CNI on a node.</summary>
public delegate Task<IReadOnlyList<MeshCheck>> NodeChecks(string node, CancellationToken cancel);

/// <summary>How to repair.</summary>
public sealed record RepairOptions
{
    /// <summary>Tests pods before a repair, when their verdict is not known, and after it; null repairs without a test.</summary>
    public RedirectionTester? Test { get; init; }

    /// <summary>Checks the CNI of a node before a pod there is replaced; null does without.</summary>
    public NodeChecks? CheckNode { get; init; }

    /// <summary>Whether to go on where a restart is not expected to help, or the pod would not come back.</summary>
    public bool Force { get; init; }

    /// <summary>How long a step may wait for disruption budgets and for the pods that take others' places; null does not wait.</summary>
    public TimeSpan? Wait { get; init; } = TimeSpan.FromSeconds(300);
}
