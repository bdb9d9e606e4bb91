using IstioAdmin.Core.Kube;
using k8s;
using k8s.Models;

namespace IstioAdmin.Core.Workloads;

/// <summary>Waits for the rollout of one workload.</summary>
internal static class RolloutWait
{
    /// <summary>Waits until a workload is rolled out, or its controller has given up.</summary>
    /// <param name="client">The cluster it is in.</param>
    /// <param name="workload">The workload.</param>
    /// <param name="activity">What the waiting is part of, for the progress bar.</param>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="reporter">Told about progress and what is in the way.</param>
    /// <param name="cancel">Stops the waiting; the rollout goes on.</param>
    /// <exception cref="MeshException">The workload is gone, or the server refuses to tell.</exception>
    public static async Task<RolloutResult> UntilDoneAsync(
        KubeClient client, WorkloadReference workload, string activity, TimeSpan timeout, IReporter reporter, CancellationToken cancel)
    {
        LiveWorkload? live = null;
        WorkloadState? state = null;
        bool ended = await Polling.UntilAsync(async token =>
        {
            (live, state) = await ReadAsync(client, workload, token).ConfigureAwait(false);
            reporter.Progress(activity, state.ToString(), state.Desired == 0 ? 100 : Math.Min(100, 100 * state.Available / state.Desired));
            return live.Rollout.IsDone || live.Rollout.GaveUp;
        }, timeout, cancel).ConfigureAwait(false);
        if (ended && live!.Rollout.IsDone)
            return new RolloutResult(live, false, []);
        List<string> obstacles = state is null ? ["the server did not answer in that time"] : [state.ToString()];
        if (live is not null)
            obstacles.AddRange(await WarningsAsync(client, live, cancel).ConfigureAwait(false));
        return new RolloutResult(live, ended, [.. obstacles.Distinct()]);
    }

    /// <summary>How a workload and its pods are doing now.</summary>
    /// <exception cref="MeshException">The workload is gone, or the server refuses to tell.</exception>
    public static async Task<(LiveWorkload Live, WorkloadState State)> ReadAsync(KubeClient client, WorkloadReference workload, CancellationToken cancel)
    {
        LiveWorkload live = await LiveWorkload.ReadAsync(client, workload, cancel).ConfigureAwait(false);
        IReadOnlyList<V1Pod> pods = live.Rollout.IsDone ? [] : await PodsAsync(client, live, cancel).ConfigureAwait(false);
        return (live, WorkloadState.Of(workload.ToString(), live.Rollout, pods));
    }

    private static async Task<IReadOnlyList<V1Pod>> PodsAsync(KubeClient client, LiveWorkload live, CancellationToken cancel)
    {
        string ns = live.Reference.Namespace;
        V1PodList list = await client.CallAsync(
            () => client.Api.CoreV1.ListNamespacedPodAsync(ns, labelSelector: WorkloadPods.Selector(live.Selector), cancellationToken: cancel),
            KubeResource.Pods.Subject("list", ns), cancel).ConfigureAwait(false);
        return [.. list.Items.Where(pod => WorkloadPods.IsOf(pod, live.Reference))];
    }

    // Events only add to what is already known; not being allowed to read them must not hide it.
    private static async Task<IReadOnlyList<string>> WarningsAsync(KubeClient client, LiveWorkload live, CancellationToken cancel)
    {
        try
        {
            IReadOnlyList<V1Pod> pods = await PodsAsync(client, live, cancel).ConfigureAwait(false);
            return pods.Count > 0
                ? await StartWarnings.ReadAsync(client, live.Reference.Namespace, pods, cancel).ConfigureAwait(false)
                : await RefusalsAsync(client, live.Reference, cancel).ConfigureAwait(false);
        }
        catch (MeshException)
        {
            return [];
        }
    }

    // A stateful set has no condition that says why it has no pods (quota, admission): only its events do.
    private static async Task<IReadOnlyList<string>> RefusalsAsync(KubeClient client, WorkloadReference workload, CancellationToken cancel)
    {
        Corev1EventList events = await client.CallAsync(
            () => client.Api.CoreV1.ListNamespacedEventAsync(workload.Namespace,
                fieldSelector: $"type=Warning,involvedObject.kind={workload.Kind},involvedObject.name={workload.Name}", cancellationToken: cancel),
            new KubeSubject("list", "events", workload.Namespace), cancel).ConfigureAwait(false);
        return events.Items.MaxBy(item => item.LastTimestamp ?? item.EventTime ?? item.Metadata.CreationTimestamp) is { } newest
            ? [$"{newest.Reason}: {newest.Message}"]
            : [];
    }
}
