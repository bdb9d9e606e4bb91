using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Workloads;
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
        V1DeploymentList list = await _client.CallAsync(
            () => _client.Api.AppsV1.ListNamespacedDeploymentAsync(_plan.Namespace, labelSelector: SampleOwner.Selector(_plan.Sample), cancellationToken: cancel),
            SampleManifest.Deployments.Subject("list", _plan.Namespace), cancel).ConfigureAwait(false);
        V1Deployment?[] found = [.. deployments.Select(name => list.Items.FirstOrDefault(deployment => deployment.Metadata.Name == name))];
        IReadOnlyList<V1Pod> pods = found.All(deployment => deployment is not null && Rollout.Of(deployment).IsDone)
            ? []
            : await PodsAsync(deployments, cancel).ConfigureAwait(false);
        return [.. deployments.Zip(found, (name, deployment) => deployment is null
            ? new WorkloadState(name, 0, 1, false, "the deployment is gone")
            : WorkloadState.Of(name, Rollout.Of(deployment), [.. pods.Where(pod => WorkloadPods.IsOfDeployment(pod, name))]))];
    }

    /// <summary>The pods that belong to the named deployments, those that are ending among them.</summary>
    public async Task<IReadOnlyList<V1Pod>> PodsAsync(IReadOnlyList<string> deployments, CancellationToken cancel)
    {
        V1PodList list = await _client.CallAsync(
            () => _client.Api.CoreV1.ListNamespacedPodAsync(_plan.Namespace, labelSelector: _plan.PodSelector, cancellationToken: cancel),
            KubeResource.Pods.Subject("list", _plan.Namespace), cancel).ConfigureAwait(false);
        return [.. list.Items.Where(pod => deployments.Any(name => WorkloadPods.IsOfDeployment(pod, name)))];
    }

    /// <summary>The newest warning about each pod that is still being started: what the kubelet says of sandboxes, CNI plugins and volumes.</summary>
    public async Task<IReadOnlyList<string>> StartWarningsAsync(IReadOnlyList<string> deployments, CancellationToken cancel)
    {
        IReadOnlyList<V1Pod> pods = await PodsAsync(deployments, cancel).ConfigureAwait(false);
        return await StartWarnings.ReadAsync(_client, _plan.Namespace, pods, cancel).ConfigureAwait(false);
    }
}
