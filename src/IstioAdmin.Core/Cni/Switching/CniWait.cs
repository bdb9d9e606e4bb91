using IstioAdmin.Core.Health;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Operators;
using IstioAdmin.Core.Workloads;

namespace IstioAdmin.Core.Cni.Switching;

/// <summary>
/// Waits until a switch shows in the cluster. An operator's status may be stale, so what counts is what it makes: DaemonSet, template, and the
/// configurations of the nodes.
/// </summary>
internal sealed class CniWait
{
    private readonly MeshCluster _cluster;
    private readonly IReporter _reporter;
    private bool _warned;

    public CniWait(MeshCluster cluster, IReporter reporter) => (_cluster, _reporter) = (cluster, reporter);

    /// <summary>Waits.</summary>
    /// <param name="target">The mesh.</param>
    /// <param name="on">Whether it was switched on.</param>
    /// <param name="parts">What must show.</param>
    /// <param name="wanted">What the resources say now.</param>
    /// <param name="timeout">How long.</param>
    /// <param name="cancel">Stops the waiting; the operator goes on.</param>
    /// <exception cref="MeshException">Time ran out (<c>CniSwitchTimedOut</c>); the message names what is missing and what the operator says.</exception>
    public async Task UntilAsync(CniTarget target, bool on, CniParts parts, CniSettings wanted, TimeSpan timeout, CancellationToken cancel)
    {
        IReadOnlyList<string> obstacles = [];
        string? trouble = null;
        bool done = await Polling.UntilAsync(async token =>
        {
            obstacles = await ObstaclesAsync(target, on, parts, wanted, token).ConfigureAwait(false);
            if (obstacles.Count == 0)
                return true;
            CniTarget now = await target.AgainAsync(_cluster.Client, token).ConfigureAwait(false);
            trouble = OperatorTrouble.Of(now.Resources.Mesh) ?? OperatorTrouble.Of(now.Resources.Agents);
            _reporter.Progress($"Switching CNI {(on ? "on" : "off")} for {target.Described}", trouble is null ? obstacles[0] : $"{obstacles[0]} (the operator says {trouble})");
            return false;
        }, timeout, cancel).ConfigureAwait(false);
        if (done)
            return;
        string said = trouble is null ? "" : $" The operator says {trouble.TrimEnd('.')}.";
        throw new MeshException("CniSwitchTimedOut", FailureKind.Timeout,
            $"{_cluster.Server}: {target.Described} says that CNI is {(on ? "on" : "off")}, but within {timeout.TotalSeconds:0.#} s the cluster did not follow: "
            + $"{(obstacles.Count == 0 ? "the server did not answer" : string.Join("; ", obstacles))}.{said}",
            $"The operator goes on by itself: remove what is in the way and run the command again, which continues; -Timeout waits longer. {(on ? "Disable-IstioCni" : "Enable-IstioCni")} goes back.", target.Name);
    }

    /// <summary>What does not show yet, in words.</summary>
    public async Task<IReadOnlyList<string>> ObstaclesAsync(CniTarget target, bool on, CniParts parts, CniSettings wanted, CancellationToken cancel)
    {
        List<string> obstacles = [];
        if (parts.HasFlag(CniParts.Agents))
        {
            AgentsState agents = await AgentsState.ReadAsync(_cluster.Client, target.AgentNamespace, cancel).ConfigureAwait(false);
            string? obstacle = on ? agents.Obstacle(wanted)
                : agents.DaemonSet is { } daemons && !ForeignCni.IsOfOperator(daemons.Set) ? null
                : agents.Reference is { } left ? $"{left} is still there" : null;
            if (obstacle is null && on)
                obstacle = await ChainsAsync(cancel).ConfigureAwait(false);
            if (obstacle is not null)
                obstacles.Add(obstacle);
        }
        if (parts.HasFlag(CniParts.Injector))
        {
            InjectorTemplate? template = await InjectorTemplate.ReadAsync(_cluster.Client, target, cancel).ConfigureAwait(false);
            if (template is null)
                obstacles.Add($"there is no ConfigMap of the injector in {target.ControlPlaneNamespace}");
            else if (template.UsesInit == on)
                obstacles.Add($"the injector's template (ConfigMap {template.Name}) {(on ? "still has" : "does not have")} istio-init{(on ? "" : " yet")}");
        }
        return obstacles;
    }

    private async Task<string?> ChainsAsync(CancellationToken cancel)
    {
        NodeChains chains = await NodeChains.ReadAsync(_cluster, _reporter, cancel).ConfigureAwait(false);
        if (chains.Unread.Count > 0 && !_warned)
        {
            _warned = true;
            MeshCheck first = chains.Unread[0];
            _reporter.Warn($"Whether istio-cni is chained could not be seen on {Names.Count(chains.Unread.Count, "node")}: {first.Message}{(first.Hint is null ? "" : $" {first.Hint}")}");
        }
        return chains.Obstacle;
    }
}
