using IstioAdmin.Core.Health;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Verdicts;
using IstioAdmin.Core.Workloads;
using k8s.Models;

namespace IstioAdmin.Core.Redirection.Repair;

/// <summary>Decides for each pod whether to evict it, to restart its workload, or to leave it alone.</summary>
internal sealed class RepairPlanner
{
    private readonly MeshCluster _cluster;
    private readonly RepairOptions _options;
    private readonly IReporter _reporter;
    private readonly WorkloadOwners _owners;
    private readonly OwnedPods _pods;
    private readonly Dictionary<string, IReadOnlyList<MeshCheck>?> _nodes = [];

    public RepairPlanner(MeshCluster cluster, RepairOptions options, IReporter reporter)
    {
        (_cluster, _options, _reporter) = (cluster, options, reporter);
        _owners = new WorkloadOwners(cluster);
        _pods = new OwnedPods(cluster);
    }

    public async Task<RepairPlan> PlanAsync(IReadOnlyList<BrokenPod> pods, CancellationToken cancel)
    {
        List<RepairedPod> sound = [];
        List<(BrokenPod, MeshException)> refused = [];
        List<(BrokenPod Pod, WorkloadReference? Workload)> broken = [];
        foreach (BrokenPod pod in await TestedAsync(pods, cancel).ConfigureAwait(false))
        {
            if (pod.IsSound || pod.Pod.Phase is "Succeeded" or "Failed")
            {
                sound.Add(Sound(pod));
                continue;
            }
            try
            {
                broken.Add((pod, await AcceptAsync(pod, cancel).ConfigureAwait(false)));
            }
            catch (MeshException e)
            {
                refused.Add((pod, e));
            }
        }
        List<RepairStep> steps = [];
        foreach (var group in broken.GroupBy(pair => pair.Workload))
        {
            BrokenPod[] own = [.. group.Select(pair => pair.Pod)];
            try
            {
                steps.Add(await StepAsync(group.Key, own, cancel).ConfigureAwait(false));
            }
            catch (MeshException e)
            {
                refused.AddRange(own.Select(pod => (pod, e)));
            }
        }
        return new RepairPlan(steps, sound, refused);
    }

    private async Task<IReadOnlyList<BrokenPod>> TestedAsync(IReadOnlyList<BrokenPod> pods, CancellationToken cancel)
    {
        MeshPod[] unknown = [.. pods.Where(pod => pod.Verdict is null).Select(pod => pod.Pod)];
        if (unknown.Length == 0 || _options.Test is null)
            return pods;
        IReadOnlyList<BrokenPod> tested = await _options.Test(unknown, cancel).ConfigureAwait(false);
        ILookup<string, BrokenPod> byName = tested.ToLookup(pod => pod.Pod.ToString());
        return [.. pods.Select(pod => pod.Verdict is null ? byName[pod.Pod.ToString()].FirstOrDefault() ?? pod : pod)];
    }

    /// <summary>The workload of a pod that may be restarted.</summary>
    /// <exception cref="MeshException">It may not, or a restart does not help.</exception>
    private async Task<WorkloadReference?> AcceptAsync(BrokenPod broken, CancellationToken cancel)
    {
        MeshPod pod = broken.Pod;
        if (pod.Owner?.Kind == "Node")
            throw Refusal("StaticPod", broken, "it is a static pod, which its kubelet makes from a file; evicting it does nothing", "Restart it on its node.");
        if (!_options.Force)
        {
            if (broken.Verdict is null or RedirectionVerdict.Unverified)
            {
                throw Refusal("PodNotVerified", broken, "it is not known whether anything is wrong with it",
                    "Test it with Test-PodRedirection and a source that can be read, or use -Force to restart it all the same.");
            }
            if (Incurable.Of(broken) is { } incurable)
                throw Refusal("RestartCannotHelp", broken, $"a new pod would be the same: {incurable.Reason}", $"{incurable.WayOut} -Force restarts it all the same.");
            await RequireChainAsync(broken, cancel).ConfigureAwait(false);
        }
        WorkloadReference? workload = await _owners.FindAsync(pod, cancel).ConfigureAwait(false);
        if (workload is null && !_options.Force)
        {
            throw Refusal("PodHasNoController", broken, "no controller made it, so no other pod would take its place",
                "Create it anew from its manifest, or use -Force to evict it all the same.");
        }
        if (workload is { Kind: "Job" or "CronJob" } && !_options.Force)
        {
            throw Refusal("PodOfJob", broken, $"it belongs to {workload}, whose work would begin again",
                "Let it end, or use -Force to evict it all the same.");
        }
        return workload;
    }

    private async Task RequireChainAsync(BrokenPod broken, CancellationToken cancel)
    {
        if (broken.Pod is not { RedirectMethod: RedirectMethod.Cni, Node: { } node } || _options.CheckNode is null)
            return;
        if (!_nodes.TryGetValue(node, out IReadOnlyList<MeshCheck>? checks))
        {
            try
            {
                checks = await _options.CheckNode(node, cancel).ConfigureAwait(false);
            }
            catch (MeshException e)
            {
                _reporter.Detail($"The CNI of node {node} could not be checked: {e.Message}");
            }
            _nodes[node] = checks;
        }
        // Pods that came before the agent are what a repair is for.
        if (checks?.FirstOrDefault(check => check.Status == CheckStatus.Fail && check.Name != "PodsAfterAgent") is { } failed)
        {
            throw Refusal("CniBrokenOnNode", broken, $"a new pod on node {node} would have no rules either: {failed.Message}",
                $"{failed.Hint} Then run the command again. -Force restarts the pod all the same, which helps when it comes to another node.");
        }
    }

    private async Task<RepairStep> StepAsync(WorkloadReference? workload, BrokenPod[] broken, CancellationToken cancel)
    {
        if (workload is null)
            return new RepairStep { Action = RepairAction.Evicted, Pods = broken, Reason = "no controller would make another" };
        if (workload.Kind != "Deployment")
            return new RepairStep { Workload = workload, Action = RepairAction.Evicted, Pods = broken, Reason = $"{workload}, one pod at a time" };
        IReadOnlyList<V1Pod> all = await _pods.OfAsync(workload, cancel).ConfigureAwait(false);
        int count = Math.Max(all.Count, broken.Length);
        string share = $"{workload}, {broken.Length} of {count} pods broken";
        if (2 * broken.Length <= count)
            return new RepairStep { Workload = workload, Action = RepairAction.Evicted, Pods = broken, Reason = share };
        try
        {
            await WorkloadRestart.CheckAsync(_cluster, workload, cancel).ConfigureAwait(false);
        }
        catch (MeshException e) when (e.ErrorId == "WorkloadPaused")
        {
            return new RepairStep { Workload = workload, Action = RepairAction.Evicted, Pods = broken, Reason = $"{share}; it is paused, so its pods go one at a time" };
        }
        return new RepairStep { Workload = workload, Action = RepairAction.Restarted, Pods = broken, Reason = $"{broken.Length} of {count} pods broken" };
    }

    private RepairedPod Sound(BrokenPod pod) => new()
    {
        Cluster = _cluster.Name,
        Namespace = pod.Pod.Namespace,
        Name = pod.Pod.Name,
        Node = pod.Pod.Node,
        Action = RepairAction.None,
        Before = pod.Verdict,
        After = pod.Verdict,
        Message = pod.IsSound ? "Nothing is wrong with it." : $"It has ended (phase {pod.Pod.Phase}).",
    };

    private MeshException Refusal(string id, BrokenPod pod, string why, string wayOut) =>
        new(id, FailureKind.Conflict, $"{_cluster.Server}: pod {pod.Pod} is not restarted: {why}.", wayOut, pod.Pod);
}
