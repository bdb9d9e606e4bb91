using IstioAdmin.Core.Kube.Changes;
using IstioAdmin.Core.Workloads;
using k8s.Models;

namespace IstioAdmin.Core.Samples;

/// <summary>Waits for a sample's deployments to come and for their pods to go, and says what it waits for.</summary>
internal static class WorkloadWait
{
    /// <summary>Waits until every deployment is rolled out.</summary>
    /// <exception cref="MeshException">Time ran out (<c>RolloutTimedOut</c>); the message names each deployment and its obstacle.</exception>
    public static async Task ForRolloutAsync(
        ChangePlan plan, WorkloadReader reader, IReadOnlyList<string> deployments, TimeSpan timeout, IReporter reporter, CancellationToken cancel)
    {
        IReadOnlyList<WorkloadState> states = [];
        bool done = await Polling.UntilAsync(async token =>
        {
            states = await reader.ReadAsync(deployments, token).ConfigureAwait(false);
            int ready = states.Count(state => state.RolledOut);
            WorkloadState? waitingFor = states.FirstOrDefault(state => !state.RolledOut);
            reporter.Progress($"Installing {plan.PartOf} in namespace {plan.Namespace}",
                $"{ready} of {states.Count} deployments rolled out{(waitingFor is null ? "" : $"; {waitingFor}")}", 100 * ready / states.Count);
            return waitingFor is null;
        }, timeout, cancel).ConfigureAwait(false);
        if (done)
            return;
        List<string> obstacles = [.. states.Where(state => !state.RolledOut).Select(state => state.ToString())];
        obstacles.AddRange(await WarningsAsync(reader, deployments, cancel).ConfigureAwait(false));
        throw new MeshException("RolloutTimedOut", FailureKind.Timeout,
            $"{plan.PartOf} in namespace {plan.Namespace} on {plan.Cluster.Server} was not rolled out within {timeout.TotalSeconds:0.#} s. "
            + (obstacles.Count == 0 ? "The server did not answer in that time." : string.Join("; ", obstacles) + "."),
            "Everything has been applied. Remove what is in the way and run the command again to wait once more; -Timeout waits longer.", plan.Namespace);
    }

    /// <summary>Waits until the pods of deleted deployments are gone.</summary>
    /// <exception cref="MeshException">Time ran out (<c>RemovalTimedOut</c>); the message names the pods that are left.</exception>
    public static async Task ForPodsToEndAsync(
        ChangePlan plan, WorkloadReader reader, IReadOnlyList<string> deployments, TimeSpan timeout, IReporter reporter, CancellationToken cancel)
    {
        IReadOnlyList<V1Pod>? left = null;
        int most = 0;
        bool done = await Polling.UntilAsync(async token =>
        {
            left = await reader.PodsAsync(deployments, token).ConfigureAwait(false);
            most = Math.Max(most, left.Count);
            reporter.Progress($"Removing {plan.PartOf} from namespace {plan.Namespace}",
                left.Count == 0 ? "all pods are gone" : $"{left.Count} pods left; {left[0].Metadata.Name}", most == 0 ? 100 : 100 * (most - left.Count) / most);
            return left.Count == 0;
        }, timeout, cancel).ConfigureAwait(false);
        if (done)
            return;
        throw new MeshException("RemovalTimedOut", FailureKind.Timeout,
            $"{plan.PartOf}'s objects in namespace {plan.Namespace} on {plan.Cluster.Server} are deleted, but after {timeout.TotalSeconds:0.#} s "
            + (left is null ? "the server has not said whether its pods are gone." : $"there are still pods: {string.Join(", ", left.Select(Ending))}."),
            "Pods that stay usually sit on a node that does not answer, or have a finalizer. The deletion goes on by itself; Get-MeshPod shows what is left.", plan.Namespace);
    }

    private static string Ending(V1Pod pod)
    {
        string where = string.IsNullOrEmpty(pod.Spec?.NodeName) ? "not scheduled" : $"on node {pod.Spec.NodeName}";
        return $"{pod.Metadata.Name} ({where}, {(pod.Metadata.DeletionTimestamp is null ? "not being deleted" : "being deleted")})";
    }

    // Events only add to what is already known; not being allowed to read them must not hide it.
    private static async Task<IReadOnlyList<string>> WarningsAsync(WorkloadReader reader, IReadOnlyList<string> deployments, CancellationToken cancel)
    {
        try
        {
            return await reader.StartWarningsAsync(deployments, cancel).ConfigureAwait(false);
        }
        catch (MeshException)
        {
            return [];
        }
    }
}
