using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Changes;
using IstioAdmin.Core.Workloads;
using k8s;
using k8s.Models;

namespace IstioAdmin.Core.Samples;

/// <summary>Reads how a sample's deployments and their pods are doing.</summary>
internal sealed class WorkloadReader
{
    private readonly KubeClient _client;
    private readonly string _namespace;
    private readonly string _sample;
    private readonly string _podSelector;

    /// <param name="client">The cluster.</param>
    /// <param name="ns">The namespace.</param>
    /// <param name="sample">The sample.</param>
    /// <param name="podSelector">Selects the pods of every version of the sample's workloads, and perhaps others.</param>
    public WorkloadReader(KubeClient client, string ns, string sample, string podSelector)
    {
        _client = client;
        _namespace = ns;
        _sample = sample;
        _podSelector = podSelector;
    }

    /// <summary>The state of each of the named deployments.</summary>
    public async Task<IReadOnlyList<WorkloadState>> ReadAsync(IReadOnlyList<string> deployments, CancellationToken cancel)
    {
        V1DeploymentList list = await _client.CallAsync(
            () => _client.Api.AppsV1.ListNamespacedDeploymentAsync(_namespace, labelSelector: ObjectOwner.Selector(_sample), cancellationToken: cancel),
            KubeResource.Deployments.Subject("list", _namespace), cancel).ConfigureAwait(false);
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
            () => _client.Api.CoreV1.ListNamespacedPodAsync(_namespace, labelSelector: _podSelector, cancellationToken: cancel),
            KubeResource.Pods.Subject("list", _namespace), cancel).ConfigureAwait(false);
        return [.. list.Items.Where(pod => deployments.Any(name => WorkloadPods.IsOfDeployment(pod, name)))];
    }

    /// <summary>The newest warning about each pod that is still being started: what the kubelet says of sandboxes, CNI plugins and volumes.</summary>
    public async Task<IReadOnlyList<string>> StartWarningsAsync(IReadOnlyList<string> deployments, CancellationToken cancel)
    {
        IReadOnlyList<V1Pod> pods = await PodsAsync(deployments, cancel).ConfigureAwait(false);
        return await StartWarnings.ReadAsync(_client, _namespace, pods, cancel).ConfigureAwait(false);
    }
}
