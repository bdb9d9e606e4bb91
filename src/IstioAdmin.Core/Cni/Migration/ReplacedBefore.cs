using IstioAdmin.Core.Health;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Repair;
using IstioAdmin.Core.Redirection.Verdicts;

namespace IstioAdmin.Core.Cni.Migration;

/// <summary>
/// The pods that are redirected the new way already. A run before this one may have stopped at them, or been stopped before they were proven, and
/// nothing about a pod tells that: so they are tested again, and those that are found broken are replaced like the others.
/// </summary>
internal static class ReplacedBefore
{
    /// <summary>Lists them.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="to">The new way.</param>
    /// <param name="wants">Which namespaces; null for all.</param>
    /// <param name="reporter">Hears what could not be looked at.</param>
    /// <param name="cancel">Stops.</param>
    /// <exception cref="MeshException">Pods could not be listed.</exception>
    public static async Task<IReadOnlyList<MeshPod>> ListAsync(MeshCluster cluster, RedirectMethod to, Func<string, bool>? wants, IReporter reporter, CancellationToken cancel)
    {
        List<MeshPod> found = [];
        await foreach (MeshPod pod in MeshPods.ListAsync(cluster, new PodSelection { NamespaceFilter = wants }, reporter, cancel).ConfigureAwait(false))
        {
            if (pod is { Injected: true, RedirectionExpected: true, Phase: "Running" } && pod.RedirectMethod == to)
                found.Add(pod);
        }
        return found;
    }

    /// <summary>Tests them, and adds the workloads of those that are not redirected to the ones that are to be migrated.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="pods">The pods.</param>
    /// <param name="workloads">The workloads that are to be migrated anyway.</param>
    /// <param name="to">The new way.</param>
    /// <param name="options">How to migrate.</param>
    /// <param name="reporter">Hears what could not be proven.</param>
    /// <param name="cancel">Stops.</param>
    /// <exception cref="MeshException">The test failed as a whole, or owners could not be read.</exception>
    public static async Task<IReadOnlyList<WorkloadMigration>> AddBrokenAsync(
        MeshCluster cluster, IReadOnlyList<MeshPod> pods, IReadOnlyList<WorkloadMigration> workloads, RedirectMethod to, MigrationOptions options, IReporter reporter, CancellationToken cancel)
    {
        if (options.Test is null || pods.Count == 0)
            return workloads;
        reporter.Progress("Testing pods that were replaced before", Names.Count(pods.Count, "pod"));
        IReadOnlyList<BrokenPod> tested = await options.Test(pods, cancel).ConfigureAwait(false);
        MeshPod[] unread = [.. tested.Where(pod => pod.Verdict is null or RedirectionVerdict.Unverified).Select(pod => pod.Pod)];
        if (unread.Length > 0)
        {
            reporter.Warn($"{cluster.Server}: {Names.Count(unread.Length, "pod")} that had been replaced before, for example {unread[0]}, could not be proven, because their rules could not be read. "
                + "Run Test-PodRedirection on them, which names what is missing.");
        }
        MeshPod[] broken = [.. tested.Where(pod => !pod.IsSound && !unread.Contains(pod.Pod)).Select(pod => pod.Pod)];
        if (broken.Length > 0 && options.Force)
        {
            reporter.Warn($"{cluster.Server}: the traffic of {Names.Count(broken.Length, "pod")} that had been replaced before, for example {broken[0]}, is not redirected; with -Force they are left alone. "
                + "Repair-PodRedirection replaces them.");
            return workloads;
        }
        IReadOnlyList<WorkloadMigration> more = await MigrationPlanner.OfAsync(cluster, broken, to, cancel).ConfigureAwait(false);
        WorkloadMigration[] together = [.. workloads.Select(workload => more.FirstOrDefault(one => one.Reference == workload.Reference) is { } mixed
            ? workload with { Pods = workload.Pods.Concat(mixed.Pods).ToArray() }
            : workload)];
        return [.. together.Concat(more.Where(one => !together.Any(workload => workload.Reference == one.Reference))).OrderBy(workload => workload.Namespace, StringComparer.Ordinal).ThenBy(workload => workload.Name, StringComparer.Ordinal)];
    }
}
