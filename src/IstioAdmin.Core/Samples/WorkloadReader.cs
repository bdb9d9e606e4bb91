using IstioAdmin.Core.Kube;
using k8s;
using k8s.Models;

namespace IstioAdmin.Core.Samples;

/// <summary>Reads how a sample's deployments and their pods are doing.</summary>
internal sealed class WorkloadReader
{
    private readonly KubeClient _client;
    private readonly SamplePlan _plan;

    public WorkloadReader(SamplePlan plan)
    {
        _client = plan.Cluster.Client;
        _plan = plan;
    }

    /// <summary>The state of each of the named deployments.</summary>
    public async Task<IReadOnlyList<WorkloadState>> ReadAsync(IReadOnlyList<string> deployments, CancellationToken cancel)
    {
        V1DeploymentList list = await CallAsync(
            () => _client.Api.AppsV1.ListNamespacedDeploymentAsync(_plan.Namespace, labelSelector: SampleOwner.Selector(_plan.Sample), cancellationToken: cancel),
            SampleManifest.Deployments.Subject("list", _plan.Namespace), cancel).ConfigureAwait(false);
        V1Deployment?[] found = [.. deployments.Select(name => list.Items.FirstOrDefault(deployment => deployment.Metadata.Name == name))];
        IReadOnlyList<V1Pod> pods = found.All(deployment => deployment is not null && IsRolledOut(deployment))
            ? []
            : await PodsAsync(deployments, cancel).ConfigureAwait(false);
        return [.. deployments.Zip(found, (name, deployment) => deployment is null
            ? new WorkloadState(name, 0, 1, false, "the deployment is gone")
            : State(deployment, pods))];
    }

    /// <summary>The pods that belong to the named deployments, those that are ending among them.</summary>
    public async Task<IReadOnlyList<V1Pod>> PodsAsync(IReadOnlyList<string> deployments, CancellationToken cancel)
    {
        V1PodList list = await CallAsync(
            () => _client.Api.CoreV1.ListNamespacedPodAsync(_plan.Namespace, labelSelector: _plan.PodSelector, cancellationToken: cancel),
            KubeResource.Pods.Subject("list", _plan.Namespace), cancel).ConfigureAwait(false);
        return [.. list.Items.Where(pod => deployments.Any(name => BelongsTo(pod, name)))];
    }

    /// <summary>The newest warning about each pod that is still being started: what the kubelet says of sandboxes, CNI plugins and volumes.</summary>
    public async Task<IReadOnlyList<string>> StartWarningsAsync(IReadOnlyList<string> deployments, CancellationToken cancel)
    {
        IReadOnlyList<V1Pod> pods = await PodsAsync(deployments, cancel).ConfigureAwait(false);
        HashSet<string> starting = [.. pods.Where(PodObstacle.IsStarting).Select(pod => pod.Metadata.Uid)];
        if (starting.Count == 0)
            return [];
        Corev1EventList events = await CallAsync(
            () => _client.Api.CoreV1.ListNamespacedEventAsync(_plan.Namespace, fieldSelector: "type=Warning,involvedObject.kind=Pod", cancellationToken: cancel),
            new KubeSubject("list", "events", _plan.Namespace), cancel).ConfigureAwait(false);
        return [.. events.Items
            .Where(item => starting.Contains(item.InvolvedObject.Uid))
            .GroupBy(item => item.InvolvedObject.Name)
            .Select(group => group.MaxBy(item => item.LastTimestamp ?? item.EventTime ?? item.Metadata.CreationTimestamp)!)
            .Select(item => $"pod {item.InvolvedObject.Name}: {item.Reason}: {item.Message}")];
    }

    private async Task<T> CallAsync<T>(Func<Task<T>> call, KubeSubject about, CancellationToken cancel)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            throw KubeFailure.From(e, _client, about);
        }
    }

    // The rule of `kubectl rollout status`.
    private static bool IsRolledOut(V1Deployment deployment)
    {
        int desired = deployment.Spec.Replicas ?? 1;
        V1DeploymentStatus? status = deployment.Status;
        return status is not null
            && status.ObservedGeneration >= deployment.Metadata.Generation
            && (status.UpdatedReplicas ?? 0) >= desired
            && (status.Replicas ?? 0) <= (status.UpdatedReplicas ?? 0)
            && (status.AvailableReplicas ?? 0) >= (status.UpdatedReplicas ?? 0);
    }

    private static WorkloadState State(V1Deployment deployment, IReadOnlyList<V1Pod> pods)
    {
        string name = deployment.Metadata.Name;
        bool rolledOut = IsRolledOut(deployment);
        int available = Math.Min(deployment.Status?.AvailableReplicas ?? 0, deployment.Status?.UpdatedReplicas ?? 0);
        return new WorkloadState(name, available, deployment.Spec.Replicas ?? 1, rolledOut, rolledOut ? null : Obstacle(deployment, pods));
    }

    private static string Obstacle(V1Deployment deployment, IReadOnlyList<V1Pod> pods)
    {
        if (deployment.Status?.ObservedGeneration is not { } seen || seen < deployment.Metadata.Generation)
            return "the deployment controller has not seen it yet";
        if (deployment.Status.Conditions?.FirstOrDefault(condition => condition is { Type: "ReplicaFailure", Status: "True" }) is { } refused)
            return $"its pods cannot be created: {refused.Reason}: {refused.Message}";
        V1Pod[] own = [.. pods.Where(pod => BelongsTo(pod, deployment.Metadata.Name))];
        V1Pod? stuck = own
            .Where(pod => pod.Metadata.DeletionTimestamp is null && !PodObstacle.IsReady(pod))
            .MaxBy(pod => pod.Metadata.CreationTimestamp);
        if (stuck is not null)
            return PodObstacle.Describe(stuck);
        if (own.FirstOrDefault(pod => pod.Metadata.DeletionTimestamp is not null) is { } ending)
            return $"pod {ending.Metadata.Name} of the previous template is still ending";
        return own.Length == 0 ? "its pods have not been created yet" : "its pods are ready but not counted as available yet";
    }

    // A deployment names its replica sets after itself and a hash without dashes. By its labels alone, a pod could also be
    // somebody else's variant of the same app.
    private static bool BelongsTo(V1Pod pod, string deployment) =>
        pod.Metadata.OwnerReferences?.Any(owner =>
            owner.Kind == "ReplicaSet"
            && owner.Name.StartsWith(deployment + "-", StringComparison.Ordinal)
            && owner.Name.IndexOf('-', deployment.Length + 1) < 0) == true;
}
