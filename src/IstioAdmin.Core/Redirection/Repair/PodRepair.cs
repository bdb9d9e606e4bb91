using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Workloads;

namespace IstioAdmin.Core.Redirection.Repair;

/// <summary>
/// Replaces pods whose traffic is not redirected as it must be: rules are written when a pod starts, so a new pod has them. Planning and running
/// are two steps, so that whoever asks can see and approve each change first.
/// </summary>
public static class PodRepair
{
    /// <summary>Plans a repair. Nothing in the cluster changes.</summary>
    /// <param name="cluster">The cluster that the pods are in.</param>
    /// <param name="pods">The pods.</param>
    /// <param name="options">How to repair.</param>
    /// <param name="reporter">Hears what could not be looked at.</param>
    /// <param name="cancel">Stops.</param>
    /// <exception cref="MeshException">The test of pods whose verdict is not known failed as a whole.</exception>
    public static Task<RepairPlan> PlanAsync(MeshCluster cluster, IReadOnlyList<BrokenPod> pods, RepairOptions options, IReporter reporter, CancellationToken cancel) =>
        new RepairPlanner(cluster, options, reporter).PlanAsync(pods, cancel);

    /// <summary>Runs one step of a plan, waits for the pods that take others' places, and tests them.</summary>
    /// <param name="cluster">The cluster that the pods are in.</param>
    /// <param name="step">The step.</param>
    /// <param name="options">How to repair.</param>
    /// <param name="reporter">Told about progress.</param>
    /// <param name="cancel">Stops; pods that have been evicted by then are.</param>
    /// <returns>One result for each pod of the step, as soon as it is known; of a step that fails on the way those before.</returns>
    /// <exception cref="MeshException">
    /// A disruption budget objected (<c>EvictionBlocked</c>), the new pods did not become ready in time (<c>ReplacementTimedOut</c>, or as
    /// <see cref="WorkloadRestart.WaitAsync"/>), or the server refused.
    /// </exception>
    public static IAsyncEnumerable<RepairedPod> RunAsync(MeshCluster cluster, RepairStep step, RepairOptions options, IReporter reporter, CancellationToken cancel)
    {
        var run = new RepairRun(cluster, step, options, reporter);
        return step.Action == RepairAction.Restarted ? run.RestartAsync(cancel) : run.EvictAsync(cancel);
    }
}
