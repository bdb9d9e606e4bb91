using System.Text.Json;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Applying;
using IstioAdmin.Core.Kube.Detection;
using IstioAdmin.Core.Operators;
using IstioAdmin.Core.Workloads;
using k8s;
using k8s.Models;

namespace IstioAdmin.Core.Cni.Switching;

/// <summary>The agents of a mesh as they are, beside what they should be.</summary>
/// <param name="DaemonSet">Their DaemonSet; null when there is none.</param>
/// <param name="Settings">The ConfigMap that they read when they start; null when there is none.</param>
internal sealed record AgentsState(CniDaemonSet? DaemonSet, JsonObject? Settings)
{
    public WorkloadReference? Reference => DaemonSet is { Set.Metadata: { } metadata } ? new WorkloadReference(metadata.NamespaceProperty, "DaemonSet", metadata.Name) : null;

    /// <summary>Reads them.</summary>
    /// <exception cref="MeshException">DaemonSets or the agents' pods could not be listed.</exception>
    public static async Task<AgentsState> ReadAsync(KubeClient client, string ns, CancellationToken cancel)
    {
        CniDaemonSet? daemons = (await CniDaemonSet.FindAsync(client, cancel).ConfigureAwait(false)).FirstOrDefault(daemons => daemons.Set.Metadata.NamespaceProperty == ns);
        if (daemons is null)
            return new AgentsState(null, null);
        using JsonDocument json = JsonDocument.Parse(KubernetesJson.Serialize(daemons.Set));
        try
        {
            return new AgentsState(daemons, await client.GetAsync(KubeResource.ConfigMaps, ns, CniConfigMap.NameIn(json.RootElement), cancel).ConfigureAwait(false));
        }
        catch (MeshException e) when (e.Kind == FailureKind.Forbidden)
        {
            return new AgentsState(daemons, null);
        }
    }

    /// <summary>The namespaces that the agents' ConfigMap excludes; null when it does not say.</summary>
    public IReadOnlyList<string>? Excluded
    {
        get
        {
            if (Settings is null)
                return null;
            using JsonDocument json = JsonDocument.Parse(Settings.ToJsonString());
            return CniConfigMap.ExcludedNamespaces(json.RootElement);
        }
    }

    /// <summary>
    /// The agents that started before their ConfigMap was last written: they read it only then, so they go on with what it said before. Operators
    /// do not roll the DaemonSet for it.
    /// </summary>
    public IReadOnlyList<CniAgent> Behind() => Settings is not null && ManagedFields.WrittenAt(Settings, "data") is { } written
        ? [.. (DaemonSet?.Agents ?? []).Where(agent => agent.Pod.Metadata.DeletionTimestamp is null && agent.Pod.Metadata.CreationTimestamp is { } started && started.ToUniversalTime() < written.UtcDateTime)]
        : [];

    /// <summary>What keeps the agents from being as the resources say; null when nothing does.</summary>
    public string? Obstacle(CniSettings wanted)
    {
        if (DaemonSet is not { } daemons)
            return "the operator has not made the agents' DaemonSet yet";
        V1DaemonSet set = daemons.Set;
        string name = $"DaemonSet {set.Metadata.NamespaceProperty}/{set.Metadata.Name}";
        AgentMounts mounts = AgentMounts.Of(set.Spec.Template.Spec);
        if (wanted.BinDir is { } bin && mounts.BinDirectory != bin.TrimEnd('/'))
            return $"{name} still writes to {mounts.BinDirectory}, not to {bin}";
        if (wanted.ConfDir is { } conf && mounts.ConfDirectory != conf.TrimEnd('/'))
            return $"{name} still writes to {mounts.ConfDirectory}, not to {conf}";
        if (wanted.ExcludedNamespaces is { } excluded && Excluded is { } has && !excluded.Order(StringComparer.Ordinal).SequenceEqual(has.Order(StringComparer.Ordinal)))
            return $"the agents' ConfigMap still excludes [{string.Join(", ", has)}]";
        Rollout rollout = Rollout.Of(set);
        if (rollout.IsDone && rollout.Desired > 0)
            return null;
        return rollout.Desired == 0 && rollout.Obstacle is null
            ? $"{name} is meant for no node"
            : WorkloadState.Of(name, rollout, [.. daemons.Agents.Select(agent => agent.Pod)]).ToString();
    }
}
