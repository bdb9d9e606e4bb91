using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using k8s.Models;

namespace IstioAdmin.Core.Redirection.Sources.Node;

/// <summary>Reads the pods of one node after another way: through the CNI agent if there is one that can, else through an inspector pod.</summary>
internal sealed class NodeRules
{
    private const int Tries = 2;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly MeshCluster _cluster;
    private readonly RulesReadOptions _options;
    private readonly IReporter _reporter;
    private readonly NodeWays _ways;

    public NodeRules(MeshCluster cluster, RulesReadOptions options, IReporter reporter, CniAgents agents)
    {
        _cluster = cluster;
        _options = options;
        _reporter = reporter;
        _ways = new NodeWays(cluster, options, reporter, agents);
    }

    /// <summary>Reads a node.</summary>
    /// <param name="node">The node.</param>
    /// <param name="pods">The pods on it.</param>
    /// <param name="emit">Takes the outcome of a pod that needs no other way.</param>
    /// <param name="giveUp">Takes a pod that could not be read here, with the reason of each way.</param>
    /// <param name="cancel">Stops the reading.</param>
    public async Task ReadAsync(
        string node, IReadOnlyList<MeshPod> pods, Func<PodRulesReading, ValueTask> emit, Func<MeshPod, IReadOnlyList<MeshException>, ValueTask> giveUp, CancellationToken cancel)
    {
        var round = new NodeRound(pods, emit);
        var tried = new List<MeshException>();
        foreach (Func<INodeWay> way in _ways.On(node))
        {
            // A reader that sees the node's processes and none of a pod's is believed; another one would see no more.
            if (round.Left.All(pod => round.Failure(pod)?.ErrorId == SourceFailures.NoProcessId))
                break;
            await TryAsync(node, way(), round, tried, cancel).ConfigureAwait(false);
        }
        foreach (MeshPod pod in round.Left.ToArray())
        {
            if (round.Failure(pod) is not { } failure)
                await giveUp(pod, tried).ConfigureAwait(false);
            else if (failure.ErrorId == SourceFailures.NoProcessId)
                await emit(new PodRulesReading(pod, null, await AbsenceAsync(pod, failure, cancel).ConfigureAwait(false))).ConfigureAwait(false);
            else
                await giveUp(pod, [.. tried, failure]).ConfigureAwait(false);
        }
    }

    private async Task TryAsync(string node, INodeWay way, NodeRound round, List<MeshException> tried, CancellationToken cancel)
    {
        await using (way.ConfigureAwait(false))
        {
            for (int attempt = 1; attempt <= Tries && round.Left.Count > 0; attempt++)
            {
                if (attempt > 1)
                    await Task.Delay(Pause, cancel).ConfigureAwait(false);
                try
                {
                    if (!await round.RunAsync(way, _options.Timeout, cancel).ConfigureAwait(false))
                        return;
                }
                catch (MeshException e) when (attempt < Tries && IsPassing(e))
                {
                    _reporter.Detail($"Reading node {node} again for {round.Left.Count} pods: {e.Message}");
                }
                catch (MeshException e)
                {
                    _reporter.Detail(e.Message);
                    tried.Add(await ExplainAsync(node, e, cancel).ConfigureAwait(false));
                    return;
                }
                // Whatever else goes wrong with a node must not take the others along.
                catch (Exception e) when (!cancel.IsCancellationRequested)
                {
                    tried.Add(new MeshException("NodeReadFailed", FailureKind.Other, $"{way.Reader.Name} could not be read: {e.Message}",
                        "Run the command again with -Verbose; if it fails the same way, report it with this message.", node, e));
                    return;
                }
            }
        }
    }

    private static bool IsPassing(MeshException failure) => failure.Kind is FailureKind.Connection or FailureKind.Unavailable or FailureKind.InvalidResponse;

    /// <summary>A node that does not answer is the better explanation, where it can be had.</summary>
    private async Task<MeshException> ExplainAsync(string node, MeshException failure, CancellationToken cancel)
    {
        if (failure.Kind is not (FailureKind.Connection or FailureKind.Unavailable or FailureKind.Timeout))
            return failure;
        JsonObject? known;
        try
        {
            known = await _cluster.Client.GetAsync(KubeResource.Nodes, null, node, cancel).ConfigureAwait(false);
        }
        catch (MeshException)
        {
            return failure;
        }
        if (known is null)
            return new MeshException("NodeGone", FailureKind.NotFound, $"{_cluster.Server}: node {node} is no longer in the cluster.", "List the pods again.", node, failure);
        JsonObject? ready = (known["status"]?["conditions"] as JsonArray)?.OfType<JsonObject>().FirstOrDefault(condition => (string?)condition["type"] == "Ready");
        return (string?)ready?["status"] == "True"
            ? failure
            : new MeshException("NodeNotReady", FailureKind.Unavailable,
                $"{_cluster.Server}: node {node} is not ready ({(string?)ready?["reason"]}: {(string?)ready?["message"]}). {failure.Message}",
                "Look at the node's kubelet and its network; read its pods when it is back.", node, failure);
    }

    /// <summary>What the server says of a pod that has no process on its node.</summary>
    private async Task<MeshException> AbsenceAsync(MeshPod pod, MeshException failure, CancellationToken cancel)
    {
        try
        {
            JsonObject? found = await _cluster.Client.GetAsync(KubeResource.Pods, pod.Namespace, pod.Name, cancel).ConfigureAwait(false);
            if (found is null || (pod.Uid is not null && (string?)found["metadata"]?["uid"] != pod.Uid))
                return SourceFailures.Gone(pod);
            V1Pod now = k8s.KubernetesJson.Deserialize<V1Pod>(found.ToJsonString());
            return new MeshException(failure.ErrorId, failure.Kind, $"{failure.Message} Now {Workloads.PodObstacle.Describe(now)}.", failure.Remedy, pod, failure);
        }
        catch (MeshException)
        {
            return failure;
        }
    }
}
