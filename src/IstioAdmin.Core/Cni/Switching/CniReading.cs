using IstioAdmin.Core.Cni.Switching;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Operators;
using IstioAdmin.Core.Workloads;

namespace IstioAdmin.Core.Cni;

/// <summary>Reads where the CNI of a cluster's meshes stands.</summary>
public static class CniReading
{
    /// <summary>Reads it for every mesh of an operator, and for agents that no operator has made.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="wants">Which meshes, by the names of their resources; null for all.</param>
    /// <param name="reporter">Hears what could not be looked at.</param>
    /// <param name="cancel">Stops.</param>
    /// <exception cref="MeshException">Meshes or DaemonSets could not be listed.</exception>
    public static async Task<IReadOnlyList<IstioCni>> ReadAsync(MeshCluster cluster, Func<string, bool>? wants, IReporter reporter, CancellationToken cancel)
    {
        List<IstioCni> found = [];
        IReadOnlyList<CniTarget> targets = await CniTargets.FindAsync(cluster.Client, cancel).ConfigureAwait(false);
        IReadOnlyList<IstioCniNode> nodes = await CniNodes.ReadAsync(cluster, reporter, cancel).ConfigureAwait(false);
        foreach (CniTarget target in targets.Where(target => wants?.Invoke(target.Name) != false))
            found.Add(await ReadAsync(cluster, target, nodes, reporter, cancel).ConfigureAwait(false));
        CniDaemonSet[] sets = await CniDaemonSet.FindAsync(cluster.Client, cancel).ConfigureAwait(false);
        foreach (ForeignCni foreign in await ForeignCni.FindAsync(cluster, sets, cancel).ConfigureAwait(false))
        {
            CniDaemonSet daemons = sets.First(set => foreign.DaemonSet.EndsWith($"{set.Set.Metadata.NamespaceProperty}/{set.Set.Metadata.Name}", StringComparison.Ordinal));
            if (wants?.Invoke(daemons.Set.Metadata.Name) == false)
                continue;
            IstioCni state = new()
            {
                Cluster = cluster.Name,
                Operator = IstioOperatorKind.None,
                Namespace = daemons.Set.Metadata.NamespaceProperty,
                Name = daemons.Set.Metadata.Name,
                State = IstioCniState.Unmanaged,
                ManagedBy = foreign.Maker,
                Nodes = Of(nodes, daemons),
            };
            found.Add(With(state, new AgentsState(daemons, null)));
        }
        return found;
    }

    internal static async Task<IstioCni> OfAsync(MeshCluster cluster, CniTarget target, IReporter reporter, CancellationToken cancel) =>
        await ReadAsync(cluster, target, await CniNodes.ReadAsync(cluster, reporter, cancel).ConfigureAwait(false), reporter, cancel).ConfigureAwait(false);

    private static async Task<IstioCni> ReadAsync(MeshCluster cluster, CniTarget target, IReadOnlyList<IstioCniNode> nodes, IReporter reporter, CancellationToken cancel)
    {
        AgentsState agents = await AgentsState.ReadAsync(cluster.Client, target.AgentNamespace, cancel).ConfigureAwait(false);
        InjectorTemplate? template = null;
        try
        {
            template = await InjectorTemplate.ReadAsync(cluster.Client, target, cancel).ConfigureAwait(false);
        }
        catch (MeshException e) when (e.Kind == FailureKind.Forbidden)
        {
            reporter.Warn($"Whether new pods get an istio-init cannot be told: {e.Advice}");
        }
        CniSettings settings = target.Settings;
        bool present = agents.DaemonSet is not null;
        bool ready = agents.DaemonSet is { } daemons && Rollout.Of(daemons.Set) is { IsDone: true, Desired: > 0 };
        // On OpenShift the Sail operator's own defaults turn it on, and the resource is silent.
        bool enabled = settings.Enabled || (target.Operator.Cni.AgentResource is not null && target.Resources.Agents is not null && template is { UsesInit: false });
        IstioCniState state = enabled
            ? ready && template?.UsesInit != true ? IstioCniState.On : IstioCniState.TurningOn
            : (present && target.Operator.Cni.AgentResource is null && ForeignCni.IsOfOperator(agents.DaemonSet!.Set)) || template?.UsesInit == false ? IstioCniState.TurningOff : IstioCniState.Off;
        return With(new IstioCni
        {
            Cluster = cluster.Name,
            Operator = target.Operator.Kind,
            Namespace = target.ControlPlaneNamespace,
            Name = target.Name,
            State = state,
            Enabled = enabled,
            InjectsInit = template?.UsesInit,
            AgentNamespace = present || enabled ? target.AgentNamespace : null,
            ExcludedNamespaces = (settings.ExcludedNamespaces ?? []).ToArray(),
            BinDir = settings.BinDir,
            ConfDir = settings.ConfDir,
            LogLevel = settings.LogLevel,
            Nodes = present ? Of(nodes, agents.DaemonSet!) : Array.Empty<IstioCniNode>(),
            Resource = target.Resources.Mesh,
        }, agents);
    }

    private static IstioCni With(IstioCni state, AgentsState agents)
    {
        if (agents.DaemonSet is not { } daemons)
            return state;
        Rollout rollout = Rollout.Of(daemons.Set);
        AgentMounts mounts = AgentMounts.Of(daemons.Set.Spec.Template.Spec);
        return state with
        {
            Ready = rollout.Available,
            Desired = rollout.Desired,
            Version = CniNodes.VersionOf(daemons.Set.Spec.Template.Spec),
            ExcludedNamespaces = agents.Excluded?.ToArray() ?? state.ExcludedNamespaces,
            SettingsPending = agents.Behind().Count > 0,
            BinDir = mounts.BinDirectory,
            ConfDir = mounts.ConfDirectory,
        };
    }

    // A node without agent belongs to whatever mesh is asked about.
    private static IstioCniNode[] Of(IReadOnlyList<IstioCniNode> nodes, CniDaemonSet daemons) =>
        [.. nodes.Where(node => node.Namespace is null || node.Namespace == daemons.Set.Metadata.NamespaceProperty)];
}
