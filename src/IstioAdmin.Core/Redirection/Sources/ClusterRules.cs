using System.Threading.Channels;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Sources.Node;

namespace IstioAdmin.Core.Redirection.Sources;

/// <summary>Reads the pods of a cluster by the way that was asked for.</summary>
internal sealed class ClusterRules(MeshCluster cluster, RulesReadOptions options, IReporter reporter)
{
    /// <summary>Reads.</summary>
    /// <param name="pods">The pods.</param>
    /// <param name="outcomes">Takes one outcome for each pod.</param>
    /// <param name="cancel">Stops the reading.</param>
    public Task ReadAsync(IAsyncEnumerable<MeshPod> pods, ChannelWriter<PodRulesReading> outcomes, CancellationToken cancel) => options.Source switch
    {
        RulesSource.Auto or RulesSource.Node => ReadNodesAsync(pods, outcomes, cancel),
        _ => throw new MeshException("RulesSourceUnknown", FailureKind.InvalidInput, $"Rules of a cluster's pods cannot be read from source {options.Source}.",
            "Use Auto, Node, Ephemeral or InitLog."),
    };

    private async Task ReadNodesAsync(IAsyncEnumerable<MeshPod> pods, ChannelWriter<PodRulesReading> outcomes, CancellationToken cancel)
    {
        var byNode = new Dictionary<string, List<MeshPod>>(StringComparer.Ordinal);
        await foreach (MeshPod pod in pods.WithCancellation(cancel).ConfigureAwait(false))
        {
            MeshException? failure = SourceFailures.Hopeless(pod) ?? (pod.Node is null ? SourceFailures.NotScheduled(pod) : null);
            if (failure is not null)
                await outcomes.WriteAsync(new PodRulesReading(pod, null, failure), cancel).ConfigureAwait(false);
            else if (byNode.TryGetValue(pod.Node!, out List<MeshPod>? others))
                others.Add(pod);
            else
                byNode.Add(pod.Node!, [pod]);
        }
        if (byNode.Count == 0)
            return;
        CniAgents agents = await CniAgents.ListAsync(cluster, cancel).ConfigureAwait(false);
        if (agents.Failure is { } unlisted)
            reporter.Detail($"The pods of Istio's CNI agent could not be listed, so none is used: {unlisted.Message}");
        var nodes = new NodeRules(cluster, options, reporter, agents);
        int done = 0;
        await Parallel.ForEachAsync(byNode, new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, options.Parallelism), CancellationToken = cancel }, async (node, token) =>
        {
            await nodes.ReadAsync(node.Key, node.Value, Emit, GiveUp, token).ConfigureAwait(false);
            int count = Interlocked.Increment(ref done);
            reporter.Progress("Reading the rules of pods", $"{count} of {byNode.Count} nodes", 100 * count / byNode.Count);
        }).ConfigureAwait(false);

        ValueTask Emit(PodRulesReading outcome) => outcomes.WriteAsync(outcome, cancel);

        ValueTask GiveUp(MeshPod pod, IReadOnlyList<MeshException> tried) => Emit(new PodRulesReading(pod, null, SourceFailures.NoWay(pod, tried)));
    }
}
