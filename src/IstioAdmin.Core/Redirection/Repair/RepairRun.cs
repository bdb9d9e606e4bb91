using System.Runtime.CompilerServices;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Verdicts;
using IstioAdmin.Core.Workloads;
using k8s.Models;

namespace IstioAdmin.Core.Redirection.Repair;

/// <summary>Runs one step of a repair.</summary>
internal sealed class RepairRun
{
    private readonly MeshCluster _cluster;
    private readonly RepairStep _step;
    private readonly RepairOptions _options;
    private readonly IReporter _reporter;
    private readonly OwnedPods _pods;

    public RepairRun(MeshCluster cluster, RepairStep step, RepairOptions options, IReporter reporter)
    {
        (_cluster, _step, _options, _reporter) = (cluster, step, options, reporter);
        _pods = new OwnedPods(cluster);
    }

    /// <summary>Restarts the workload.</summary>
    public async IAsyncEnumerable<RepairedPod> RestartAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        WorkloadReference workload = _step.Workload!;
        HashSet<string> before = Uids(await _pods.OfAsync(workload, cancel).ConfigureAwait(false));
        RestartedWorkload started = await WorkloadRestart.StartAsync(_cluster, workload, cancel).ConfigureAwait(false);
        IReadOnlyList<MeshPod> fresh = [];
        RedirectionVerdict? after = null;
        if (_options.Wait is { } wait)
        {
            await WorkloadRestart.WaitAsync(_cluster, started, wait, _reporter, cancel).ConfigureAwait(false);
            V1Pod[] replacements = [.. (await _pods.OfAsync(workload, cancel).ConfigureAwait(false)).Where(pod => !before.Contains(pod.Metadata.Uid))];
            (fresh, after) = await TestAsync(workload.Namespace, replacements, cancel).ConfigureAwait(false);
        }
        foreach (BrokenPod pod in _step.Pods)
            yield return Result(pod, RepairAction.Restarted, fresh, after, $"{workload} was restarted: {_step.Reason}.");
    }

    /// <summary>Evicts the pods one after the other.</summary>
    public async IAsyncEnumerable<RepairedPod> EvictAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        var eviction = new PodEviction(_cluster, _reporter);
        foreach (BrokenPod pod in _step.Pods)
        {
            // Who does not wait cannot know that the one before has a successor.
            if (_options.Wait is null && _step.Workload is not null && pod != _step.Pods[0])
            {
                throw new MeshException("RepairIncomplete", FailureKind.Conflict,
                    $"{_cluster.Server}: of {_step.Workload}, only pod {_step.Pods[0].Pod} was evicted: its pods go one at a time, each when the one before has a successor.",
                    "Run the command again for the others once the successor is ready, or without -NoWait.", pod.Pod);
            }
            IReadOnlyList<V1Pod> before = _step.Workload is { } owner ? await _pods.OfAsync(owner, cancel).ConfigureAwait(false) : [];
            bool evicted = await eviction.EvictAsync(pod.Pod, _options.Wait, cancel).ConfigureAwait(false);
            IReadOnlyList<MeshPod> fresh = [];
            RedirectionVerdict? after = null;
            if (_options.Wait is { } wait && _step.Workload is { } workload)
            {
                V1Pod[] replacements = await ReplacedAsync(workload, pod.Pod, before, wait, cancel).ConfigureAwait(false);
                (fresh, after) = await TestAsync(workload.Namespace, replacements, cancel).ConfigureAwait(false);
            }
            yield return Result(pod, RepairAction.Evicted, fresh, after, evicted ? $"It was evicted: {_step.Reason}." : "It was gone already.");
        }
    }

    /// <summary>Waits until the workload has as many ready pods as it had pods before, without the evicted one.</summary>
    private async Task<V1Pod[]> ReplacedAsync(WorkloadReference workload, MeshPod gone, IReadOnlyList<V1Pod> before, TimeSpan wait, CancellationToken cancel)
    {
        HashSet<string> known = Uids(before);
        IReadOnlyList<V1Pod> now = [];
        bool done = await Polling.UntilAsync(async token =>
        {
            now = await _pods.OfAsync(workload, token).ConfigureAwait(false);
            V1Pod[] own = [.. now.Where(pod => pod.Metadata.Uid != gone.Uid)];
            // Others of the workload may have been unready before; only the one that takes the place is waited for.
            V1Pod[] fresh = [.. own.Where(pod => !known.Contains(pod.Metadata.Uid))];
            _reporter.Progress($"Replacing {gone}", fresh.Length == 0 ? $"{workload} has not made another pod yet" : PodObstacle.Among(fresh));
            return own.Length >= before.Count && fresh.All(PodObstacle.IsReady);
        }, wait, cancel).ConfigureAwait(false);
        V1Pod[] replacements = [.. now.Where(pod => pod.Metadata.Uid != gone.Uid && !known.Contains(pod.Metadata.Uid))];
        return done ? replacements : throw new MeshException("ReplacementTimedOut", FailureKind.Timeout,
            $"{_cluster.Server}: pod {gone} was evicted, but within {wait.TotalSeconds:0.#} s no pod that is ready took its place in {workload}: {PodObstacle.Among(replacements)}.",
            "Remove what is in the way; the pods after it were not touched. Run the command again for them. -Timeout waits longer.", gone);
    }

    private async Task<(IReadOnlyList<MeshPod> Fresh, RedirectionVerdict? After)> TestAsync(string ns, V1Pod[] replacements, CancellationToken cancel)
    {
        HashSet<string> names = [.. replacements.Select(pod => pod.Metadata.Name)];
        if (names.Count == 0)
            return ([], null);
        List<MeshPod> fresh = [];
        var selection = new PodSelection { Namespace = ns, NameFilter = names.Contains };
        await foreach (MeshPod pod in MeshPods.ListAsync(_cluster, selection, _reporter, cancel).ConfigureAwait(false))
            fresh.Add(pod);
        if (_options.Test is null || fresh.Count == 0)
            return (fresh, null);
        _reporter.Progress("Testing the new pods", $"{fresh.Count} pods");
        IReadOnlyList<BrokenPod> tested = await _options.Test(fresh, cancel).ConfigureAwait(false);
        return (fresh, tested.Count < fresh.Count ? RedirectionVerdict.Unverified : tested.Select(pod => pod.Verdict ?? RedirectionVerdict.Unverified).MaxBy(Badness));
    }

    private RepairedPod Result(BrokenPod pod, RepairAction action, IReadOnlyList<MeshPod> fresh, RedirectionVerdict? after, string message) => new()
    {
        Cluster = _cluster.Name,
        Namespace = pod.Pod.Namespace,
        Name = pod.Pod.Name,
        Node = pod.Pod.Node,
        Workload = _step.Workload is { } workload ? $"{workload.Kind}/{workload.Name}" : null,
        Action = action,
        Before = pod.Verdict,
        After = after,
        Replacements = fresh.Select(replacement => replacement.Name).ToArray(),
        Message = message,
    };

    private static HashSet<string> Uids(IEnumerable<V1Pod> pods) => [.. pods.Select(pod => pod.Metadata.Uid)];

    private static int Badness(RedirectionVerdict verdict) => verdict switch
    {
        RedirectionVerdict.NotExpected => 0,
        RedirectionVerdict.Redirected => 1,
        RedirectionVerdict.Unverified => 2,
        RedirectionVerdict.Partial => 3,
        RedirectionVerdict.Looping => 4,
        _ => 5,
    };
}
