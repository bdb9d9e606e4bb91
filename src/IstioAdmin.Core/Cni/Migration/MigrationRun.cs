using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Repair;
using IstioAdmin.Core.Redirection.Verdicts;
using IstioAdmin.Core.Workloads;

namespace IstioAdmin.Core.Cni.Migration;

/// <summary>Replaces the pods of workloads one after the other, and proves of each that its new pods are redirected before the next has its turn.</summary>
internal sealed class MigrationRun
{
    private readonly MeshCluster _cluster;
    private readonly RedirectMethod _from;
    private readonly MigrationOptions _options;
    private readonly IReporter _reporter;

    /// <param name="cluster">The cluster.</param>
    /// <param name="from">How pods were redirected before.</param>
    /// <param name="options">How to migrate.</param>
    /// <param name="reporter">Told about progress.</param>
    public MigrationRun(MeshCluster cluster, RedirectMethod from, MigrationOptions options, IReporter reporter) =>
        (_cluster, _from, _options, _reporter) = (cluster, from, options, reporter);

    /// <summary>Migrates them. After the first failure no other is begun; those that are on their way come to their end.</summary>
    /// <returns>All of them, in the order in which they came, and the first failure.</returns>
    public async Task<(IReadOnlyList<WorkloadMigration> Workloads, MeshException? Failure)> RunAsync(IReadOnlyList<WorkloadMigration> workloads, CancellationToken cancel)
    {
        WorkloadMigration[] results = [.. workloads];
        MeshException? failure = null;
        int done = 0;
        using var turn = new SemaphoreSlim(Math.Max(1, _options.MaxUnavailable));
        List<Task> running = [];
        for (int i = 0; i < results.Length; i++)
        {
            if (results[i].Outcome != MigrationOutcome.Pending)
                continue;
            await turn.WaitAsync(cancel).ConfigureAwait(false);
            if (Volatile.Read(ref failure) is not null)
            {
                turn.Release();
                break;
            }
            running.Add(OneAsync(i));
        }
        await Task.WhenAll(running).ConfigureAwait(false);
        return (results, failure);

        async Task OneAsync(int i)
        {
            try
            {
                _reporter.Progress("Replacing pods", $"{results[i].Target}; {done} of {results.Length} done", 100 * done / results.Length);
                results[i] = await MigrateAsync(results[i], cancel).ConfigureAwait(false);
                Interlocked.Increment(ref done);
            }
            catch (MeshException e)
            {
                results[i] = results[i] with { Outcome = MigrationOutcome.Failed, Message = e.Message, Verdict = e is UnprovenException unproven ? unproven.Verdict : null };
                Interlocked.CompareExchange(ref failure, e, null);
            }
            finally
            {
                turn.Release();
            }
        }
    }

    private async Task<WorkloadMigration> MigrateAsync(WorkloadMigration workload, CancellationToken cancel)
    {
        WorkloadReference reference = workload.Reference;
        await InjectorReadyAsync(reference, cancel).ConfigureAwait(false);
        BrokenPod[] pods = [.. (await PodsAsync(reference, workload.Pods.Contains, cancel).ConfigureAwait(false)).Select(pod => new BrokenPod(pod, null, []))];
        if (pods.Length == 0)
            return workload with { Outcome = MigrationOutcome.Migrated, Message = "Its pods had been replaced meanwhile." };
        var step = new RepairStep { Workload = reference, Pods = pods, Action = RepairAction.Evicted, Reason = $"{reference}, one pod at a time" };
        if (reference.Kind == "Deployment")
        {
            string? objection = await DisruptionBudgets.ObjectionAsync(_cluster.Client, reference, cancel).ConfigureAwait(false) ?? await PausedAsync(reference, cancel).ConfigureAwait(false);
            step = objection is null ? step with { Action = RepairAction.Restarted, Reason = "its pods are redirected the former way" } : step with { Reason = objection };
        }
        List<BrokenPod> judged = [];
        RedirectionTester? test = _options.Test is not { } tester ? null : async (fresh, token) =>
        {
            IReadOnlyList<BrokenPod> tested = await tester(fresh, token).ConfigureAwait(false);
            judged.AddRange(tested);
            return tested;
        };
        var options = new RepairOptions { Test = test, Force = true, Wait = _options.Wait };
        List<RepairedPod> repaired = [];
        await foreach (RepairedPod pod in PodRepair.RunAsync(_cluster, step, options, _reporter, cancel).ConfigureAwait(false))
        {
            repaired.Add(pod);
            Prove(reference, pod, judged);
        }
        string[] fresh = [.. repaired.SelectMany(pod => pod.Replacements).Distinct()];
        Inspect(reference, await PodsAsync(reference, fresh.Contains, cancel).ConfigureAwait(false));
        string how = step.Action == RepairAction.Restarted ? "restarted" : $"replaced one pod at a time{(reference.Kind == "Deployment" ? $": {step.Reason}" : "")}";
        return workload with
        {
            Outcome = MigrationOutcome.Migrated,
            Verdict = repaired.Select(pod => pod.After).FirstOrDefault(verdict => verdict is not null),
            Message = $"It was {how}; {(fresh.Length == 1 ? $"its new pod is {fresh[0]}" : $"its new pods are {string.Join(", ", fresh)}")}.",
        };
    }

    private async Task<string?> PausedAsync(WorkloadReference reference, CancellationToken cancel)
    {
        try
        {
            await WorkloadRestart.CheckAsync(_cluster, reference, cancel).ConfigureAwait(false);
            return null;
        }
        catch (MeshException e) when (e.ErrorId == "WorkloadPaused")
        {
            return "it is paused, so its pods go one at a time";
        }
    }

    /// <summary>Waits until the injector gives the workload's next pod what it is to get.</summary>
    private async Task InjectorReadyAsync(WorkloadReference reference, CancellationToken cancel)
    {
        InjectedPod seen = InjectedPod.Unknown;
        InjectedPod stale = _from == RedirectMethod.InitContainer ? InjectedPod.WithInit : InjectedPod.WithoutInit;
        bool ready = await Polling.UntilAsync(async token =>
        {
            seen = await InjectionProbe.AskAsync(_cluster.Client, reference, _reporter, token).ConfigureAwait(false);
            if (seen == stale)
                _reporter.Progress($"Waiting for the injector before {reference}", "it still works by its former template");
            return seen != stale;
        }, _options.Wait, cancel).ConfigureAwait(false);
        if (!ready)
        {
            throw new MeshException("InjectorNotUpdated", FailureKind.Timeout,
                $"{_cluster.Server}: {reference} was left alone: within {_options.Wait.TotalSeconds:0.#} s the injector did not take its new template; a new pod would be as the old ones.",
                "Restart the injector (Restart-MeshWorkload deployment/istiod or deployment/istio-sidecar-injector), then run the command again.", reference);
        }
        if (seen == InjectedPod.None)
        {
            throw new MeshException("SidecarWouldBeLost", FailureKind.Conflict,
                $"{_cluster.Server}: {reference} was left alone: its next pods would get no sidecar at all, though those that run have one.",
                "Its namespace or its template is not labelled for injection any more: mend that (Enable-IstioInjection), or restart the workload yourself if it shall leave the mesh.", reference);
        }
    }

    private void Prove(WorkloadReference reference, RepairedPod pod, IReadOnlyList<BrokenPod> judged)
    {
        if (pod.After is RedirectionVerdict.Redirected || _options.Test is null)
            return;
        if (pod.After is null or RedirectionVerdict.Unverified)
        {
            string what = $"that the traffic of the new pods of {reference} is redirected could not be proven: {Found(judged) ?? "their rules could not be read"}";
            if (_options.Force)
                _reporter.Warn($"{_cluster.Server}: {what}.");
            else
                throw new UnprovenException($"{_cluster.Server}: {what}.", "Run Test-PodRedirection on them, which names the missing permission; -Force goes on without proof.", reference, pod.After);
            return;
        }
        string names = string.Join(", ", pod.Replacements);
        string why = pod.After == RedirectionVerdict.NotExpected
            ? "the CNI plugin leaves them alone, by its excluded namespaces or by an annotation"
            : $"the verdict is {pod.After}{(Found(judged) is { } found ? $" ({found})" : "")}";
        throw new UnprovenException($"{_cluster.Server}: the traffic of the new pods of {reference} ({names}) is not redirected into the sidecar: {why}.",
            $"See Test-PodRedirection for what escapes. The workloads after it were not touched.", reference, pod.After);
    }

    /// <summary>The worst that was found, without its full stop.</summary>
    private static string? Found(IReadOnlyList<BrokenPod> judged) =>
        judged.SelectMany(pod => pod.Findings).Where(finding => finding.Severity == FindingSeverity.Error).Select(finding => finding.Text.TrimEnd('.')).FirstOrDefault();

    private void Inspect(WorkloadReference reference, IReadOnlyList<MeshPod> fresh)
    {
        if (fresh.FirstOrDefault(pod => pod.RedirectMethod == _from) is { } stale)
        {
            throw new MeshException("InjectorNotUpdated", FailureKind.Conflict,
                $"{_cluster.Server}: the new pod {stale} of {reference} is redirected the former way: the injector still works by its former template.",
                "The kubelet renews the injector's file within two minutes; restart the injector if it does not, then run the command again.", reference);
        }
        if (fresh.FirstOrDefault(pod => !pod.Injected) is { } bare)
        {
            throw new MeshException("SidecarLost", FailureKind.Conflict,
                $"{_cluster.Server}: the new pod {bare} of {reference} has no sidecar.",
                "Its namespace or its template is not labelled for injection any more; mend that and restart the workload.", reference);
        }
    }

    private async Task<IReadOnlyList<MeshPod>> PodsAsync(WorkloadReference reference, Func<string, bool> wants, CancellationToken cancel)
    {
        List<MeshPod> pods = [];
        await foreach (MeshPod pod in MeshPods.ListAsync(_cluster, new PodSelection { Namespace = reference.Namespace, NameFilter = wants }, _reporter, cancel).ConfigureAwait(false))
            pods.Add(pod);
        return pods;
    }

    /// <summary>New pods of which it is not proven that they are redirected.</summary>
    private sealed class UnprovenException(string message, string remedy, WorkloadReference workload, RedirectionVerdict? verdict)
        : MeshException("RedirectionNotProven", FailureKind.Conflict, message, remedy, workload)
    {
        public RedirectionVerdict? Verdict { get; } = verdict;
    }
}
