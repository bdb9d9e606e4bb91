using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.PacketPaths;
using IstioAdmin.Core.Redirection.Sources;
using IstioAdmin.Core.Redirection.Sources.Node;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Core.Redirection.Connections;

/// <summary>Makes real connections from inside pods, and compares what becomes of them with what the pods' rules let expect.</summary>
public static class PodConnections
{
    /// <summary>Makes one, at most once: what may have been sent is not sent again.</summary>
    /// <param name="cluster">The cluster of both ends.</param>
    /// <param name="from">The pod that sends.</param>
    /// <param name="to">A service, a pod or an address, with a port, as for <see cref="PacketPaths.PacketPaths.TraceAsync"/>.</param>
    /// <param name="options">Whose the connection is, and how long it may take.</param>
    /// <param name="read">How the pod's node is reached. The source does not matter: a connection is made on the node.</param>
    /// <param name="reporter">Hears of what is tried.</param>
    /// <param name="cancel">Ends the work; what was made in the cluster is removed first.</param>
    /// <exception cref="MeshException">
    /// The target leads nowhere (as for a trace), the pod has no network namespace of its own (<c>PodUsesHostNetwork</c>, <c>PodEnded</c>,
    /// <c>PodNotScheduled</c>), or nobody on its node can connect from inside it (<c>ConnectionProgramMissing</c>, <c>ConnectionUserRefused</c>,
    /// <c>ConnectionNotPossible</c>, or why the node could not be reached).
    /// </exception>
    public static async Task<PodConnection> TestAsync(
        MeshCluster cluster, MeshPod from, string to, PodConnectionOptions options, RulesReadOptions read, IReporter reporter, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(read);
        ArgumentNullException.ThrowIfNull(reporter);
        if ((SourceFailures.Hopeless(from) ?? (from.Node is null ? SourceFailures.NotScheduled(from) : null)) is { } hopeless)
            throw hopeless;
        PacketTarget target = await new TargetResolver(cluster, from, "TCP", reporter, cancel).ResolveAsync(to).ConfigureAwait(false);
        var packet = new PacketPathOptions { UserId = options.UserId, GroupId = options.GroupId };
        PacketOwner owner = PacketPaths.PacketPaths.Owner(from, packet);
        RulesReadOptions how = read with { Source = RulesSource.Node, Timeout = read.Timeout + options.Timeout };
        CniAgents agents = await CniAgents.ListAsync(cluster, cancel).ConfigureAwait(false);
        var ways = new NodeWays(cluster, how, reporter, agents);
        (PodRules before, ConnectionCall call) = await ConnectAsync(ways.On(from.Node!), from, () => new ConnectionCall(target.Address, target.Port, owner, options.Timeout), how.Timeout, reporter, cancel)
            .ConfigureAwait(false);
        var readings = new Dictionary<string, PodRulesReading>(StringComparer.Ordinal) { [from.ToString()] = new(from, before, null) };
        if (target.Endpoints is [{ Pod: { } receiver }, ..] && receiver.ToString() != from.ToString())
        {
            await foreach (PodRulesReading reading in PodRulesReader.ReadAsync(cluster, OneAsync(receiver), read, reporter, cancel).ConfigureAwait(false))
                readings[receiver.ToString()] = reading;
        }
        return Comparison.Of(PacketPaths.PacketPaths.Follow(from, target, packet, readings), owner, before, call);
    }

    /// <summary>Makes a connection by the first way that can.</summary>
    internal static async Task<(PodRules Before, ConnectionCall Call)> ConnectAsync(
        IEnumerable<Func<INodeWay>> ways, MeshPod from, Func<ConnectionCall> prepare, TimeSpan timeout, IReporter reporter, CancellationToken cancel)
    {
        var tried = new List<MeshException>();
        foreach (Func<INodeWay> open in ways)
        {
            ConnectionCall call = prepare();
            PodRulesReading? reading = null;
            var round = new NodeRound([from], outcome =>
            {
                reading = outcome;
                return ValueTask.CompletedTask;
            }, call);
            INodeWay way = open();
            await using (way.ConfigureAwait(false))
            {
                try
                {
                    await round.RunAsync(way, timeout, cancel).ConfigureAwait(false);
                }
                catch (MeshException e) when (!call.MayBeDone)
                {
                    reporter.Detail(e.Message);
                    tried.Add(e);
                    continue;
                }
            }
            if (reading?.Rules is { } rules)
                return (rules, call);
            MeshException failure = reading?.Failure ?? round.Failure(from) ?? SourceFailures.Gone(from);
            // What may have been sent is not sent again, and a pod that has no process has none for the next way either.
            if (call.MayBeDone || reading is not null || failure.ErrorId == SourceFailures.NoProcessId)
                throw failure;
            reporter.Detail(failure.Message);
            tried.Add(failure);
        }
        throw Impossible(from, tried);
    }

    private static async IAsyncEnumerable<MeshPod> OneAsync(MeshPod pod)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        yield return pod;
    }

    private static MeshException Impossible(MeshPod from, List<MeshException> tried) => tried is [var only] ? only : new(
        "ConnectionNotPossible", tried.Any(failure => failure.Kind == FailureKind.Forbidden) ? FailureKind.Forbidden : tried[^1].Kind,
        $"No connection from inside pod {from} could be made in any way. {string.Join(" ", tried.Select(failure => failure.Message).Distinct())}",
        string.Join(" ", tried.Select(failure => failure.Remedy).OfType<string>().Distinct()), from, new AggregateException(tried));
}
