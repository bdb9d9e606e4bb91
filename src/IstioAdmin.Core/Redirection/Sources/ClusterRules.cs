using System.Threading.Channels;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Sources.Ephemeral;
using IstioAdmin.Core.Redirection.Sources.InitLog;
using IstioAdmin.Core.Redirection.Sources.Node;

namespace IstioAdmin.Core.Redirection.Sources;

/// <summary>Reads the pods of a cluster by the way that was asked for.</summary>
internal sealed class ClusterRules(MeshCluster cluster, RulesReadOptions options, IReporter reporter)
{
    /// <summary>Reads.</summary>
    /// <param name="pods">The pods.</param>
    /// <param name="outcomes">Takes one outcome for each pod.</param>
    /// <param name="cancel">Stops the reading.</param>
    public Task ReadAsync(IAsyncEnumerable<MeshPod> pods, ChannelWriter<PodRulesReading> outcomes, CancellationToken cancel)
    {
        switch (options.Source)
        {
            case RulesSource.Auto or RulesSource.Node:
                return ReadNodesAsync(pods, outcomes, cancel);
            case RulesSource.InitLog:
                return ReadEachAsync(pods, (pod, token) => InitLogRules.ReadAsync(cluster.Client, pod, token), outcomes, cancel);
            case RulesSource.Ephemeral:
                EphemeralRules.Require(cluster);
                var ephemeral = new EphemeralRules(cluster, options);
                return ReadEachAsync(pods, ephemeral.ReadAsync, outcomes, cancel);
            case RulesSource.Local:
                return ReadLocallyAsync(pods, outcomes, cancel);
            default:
                throw new MeshException("RulesSourceUnknown", FailureKind.InvalidInput, $"Rules of a cluster's pods cannot be read from source {options.Source}.",
                    "Use Auto, Node, Ephemeral, InitLog or Local.");
        }
    }

    private static async Task ReadLocallyAsync(IAsyncEnumerable<MeshPod> pods, ChannelWriter<PodRulesReading> outcomes, CancellationToken cancel)
    {
        var all = new List<MeshPod>();
        await foreach (MeshPod pod in pods.WithCancellation(cancel).ConfigureAwait(false))
            all.Add(pod);
        await foreach (PodRulesReading outcome in LocalRules.ReadPodsAsync(all, cancel).ConfigureAwait(false))
            await outcomes.WriteAsync(outcome, cancel).ConfigureAwait(false);
    }

    private Task ReadEachAsync(
        IAsyncEnumerable<MeshPod> pods, Func<MeshPod, CancellationToken, Task<PodRules>> read, ChannelWriter<PodRulesReading> outcomes, CancellationToken cancel) =>
        Parallel.ForEachAsync(pods, Parallelism(cancel), async (pod, token) =>
            await outcomes.WriteAsync(await OneAsync(pod, read, token).ConfigureAwait(false), token).ConfigureAwait(false));

    private static async Task<PodRulesReading> OneAsync(MeshPod pod, Func<MeshPod, CancellationToken, Task<PodRules>> read, CancellationToken cancel)
    {
        // A log outlives the pod's processes; it is the host network alone that makes it meaningless.
        if (SourceFailures.Hopeless(pod) is { ErrorId: not "PodEnded" } hopeless)
            return new(pod, null, hopeless);
        try
        {
            return new(pod, await read(pod, cancel).ConfigureAwait(false), null);
        }
        catch (MeshException e)
        {
            return new(pod, null, e);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            return new(pod, null, new MeshException("PodReadFailed", FailureKind.Other, $"The rules of pod {pod} could not be read: {e.Message}",
                "Run the command again with -Verbose; if it fails the same way, report it with this message.", pod, e));
        }
    }

    private ParallelOptions Parallelism(CancellationToken cancel) => new() { MaxDegreeOfParallelism = Math.Max(1, options.Parallelism), CancellationToken = cancel };

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
        await Parallel.ForEachAsync(byNode, Parallelism(cancel), async (node, token) =>
        {
            await nodes.ReadAsync(node.Key, node.Value, Emit, GiveUp, token).ConfigureAwait(false);
            int count = Interlocked.Increment(ref done);
            reporter.Progress("Reading the rules of pods", $"{count} of {byNode.Count} nodes", 100 * count / byNode.Count);
        }).ConfigureAwait(false);

        ValueTask Emit(PodRulesReading outcome) => outcomes.WriteAsync(outcome, cancel);

        async ValueTask GiveUp(MeshPod pod, IReadOnlyList<MeshException> tried)
        {
            MeshException[] ways = [.. agents.Failure is { } failure ? [failure] : Array.Empty<MeshException>(), .. tried];
            if (options.Source == RulesSource.Node)
            {
                await Emit(new PodRulesReading(pod, null, SourceFailures.NoWay(pod, ways))).ConfigureAwait(false);
                return;
            }
            PodRulesReading log = await OneAsync(pod, (p, token) => InitLogRules.ReadAsync(cluster.Client, p, token), cancel).ConfigureAwait(false);
            await Emit(log.Failure is { } unread ? log with { Failure = SourceFailures.NoWay(pod, [.. ways, unread]) } : log).ConfigureAwait(false);
        }
    }
}
