using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Workloads;
using k8s;
using k8s.Models;

namespace IstioAdmin.Core.Redirection.Sources.Node;

/// <summary>Through an inspector pod of our own, made when it is first wanted and removed at the end.</summary>
internal sealed class InspectorWay(MeshCluster cluster, string node, InspectorPods pods, Func<CancellationToken, Task<string>> findImage, Refusals refusals, TimeSpan timeout)
    : INodeWay
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    // What the kubelet says of a container that will not start as it is; the others pass.
    private static readonly string[] Hopeless =
        ["ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "CreateContainerConfigError", "CreateContainerError", "RunContainerError", "StartError"];

    /// <summary>Whether the kubelet's reason for a container that waits means that it will not start.</summary>
    public static bool NeverStarts(string? reason) => reason is not null && Hopeless.Contains(reason);

    private readonly string _name = InspectorPods.NewName();
    private bool _asked, _running;

    public NodeReader Reader => new(RulesSource.Node, $"inspector pod {pods.Namespace}/{_name} on node {node}", pods.Privileges, IsInNodeNamespace: true);

    public async Task<INodeShell> OpenAsync(CancellationToken cancel)
    {
        if (!_asked)
        {
            string image = await findImage(cancel).ConfigureAwait(false);
            // From here on there may be a pod to remove, whatever the answer to the request is.
            _asked = true;
            await pods.CreateAsync(_name, node, image, cancel).ConfigureAwait(false);
        }
        if (!_running)
        {
            await StartAsync(cancel).ConfigureAwait(false);
            _running = true;
        }
        return await refusals.RememberAsync($"exec {pods.Namespace}",
            () => ExecShell.OpenAsync(cluster.Client, new PodContainer(pods.Namespace, _name, InspectorPods.Container), cancel)).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (_asked)
            await pods.RemoveAsync(_name).ConfigureAwait(false);
    }

    private async Task StartAsync(CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(timeout);
        V1Pod? pod = null;
        try
        {
            while (true)
            {
                if (await pods.GetAsync(_name, limit.Token).ConfigureAwait(false) is not { } found)
                    throw NotStarted("it is gone: somebody deleted it", null);
                pod = KubernetesJson.Deserialize<V1Pod>(found.ToJsonString());
                if (pod.Status?.ContainerStatuses?.Any(status => status.State?.Running is not null) == true)
                    return;
                if (pod.Status?.Phase is "Failed" or "Succeeded" || Waiting(found))
                    throw NotStarted(PodObstacle.Describe(pod), null);
                await Task.Delay(Interval, limit.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw NotStarted($"after {timeout.TotalSeconds:0.#} s {(pod is null ? "the server had not answered" : PodObstacle.Describe(pod))}", e);
        }
    }

    private static bool Waiting(JsonObject pod) =>
        pod["status"]?["containerStatuses"] is JsonArray statuses && statuses.Any(status => NeverStarts((string?)status?["state"]?["waiting"]?["reason"]));

    private MeshException NotStarted(string why, Exception? cause) => new("InspectorNotStarted", cause is null ? FailureKind.Rejected : FailureKind.Timeout,
        $"Inspector pod {pods.Namespace}/{_name} did not start on node {node}: {why}.",
        "Name an image that the node can run with -InspectorImage; kubectl describe node tells whether the node runs pods at all.", node, cause);
}
