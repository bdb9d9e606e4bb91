using IstioAdmin.Core.Health;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Detection;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Workloads;
using k8s.Models;

namespace IstioAdmin.Core.Cni.Switching;

/// <summary>Puts together what is known of each node.</summary>
internal static class CniNodes
{
    private static readonly string[] Shown = ["AgentOnNode", "AgentReady", "ConfigValid", "IstioCniChained", "ChainOrder", "PluginBinary", "Kubeconfig"];

    /// <summary>Reads every node; empty when there are no agents in the cluster.</summary>
    public static async Task<IReadOnlyList<IstioCniNode>> ReadAsync(MeshCluster cluster, IReporter reporter, CancellationToken cancel)
    {
        CniDaemonSet[] sets = await CniDaemonSet.FindAsync(cluster.Client, cancel).ConfigureAwait(false);
        if (sets.Length == 0)
            return [];
        Dictionary<string, List<MeshCheck>> checks = [];
        await foreach (MeshCheck check in new IstioCniTest(cluster, reporter) { WithPods = false }.RunAsync(null, cancel).ConfigureAwait(false))
        {
            if (check.Target is not { } node)
                continue;
            if (!checks.TryGetValue(node, out List<MeshCheck>? own))
                checks[node] = own = [];
            own.Add(check);
        }
        ILookup<string, MeshedPod> pods = await PodsAsync(cluster, reporter, cancel).ConfigureAwait(false);
        return [.. checks.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => Of(cluster, pair.Key, pair.Value, sets, pods[pair.Key]))];
    }

    /// <summary>The version of the agents' image.</summary>
    public static string? VersionOf(V1PodSpec spec) =>
        (spec.Containers.FirstOrDefault(container => container.Name == "install-cni") ?? spec.Containers.FirstOrDefault()) is { } container ? IstioVersion.OfImage(container.Image) : null;

    private static IstioCniNode Of(MeshCluster cluster, string name, List<MeshCheck> checks, CniDaemonSet[] sets, IEnumerable<MeshedPod> pods)
    {
        (CniDaemonSet Set, CniAgent Agent)? found = sets.SelectMany(set => set.Agents.Select(agent => (set, agent)))
            .Where(pair => pair.agent.Pod.Spec.NodeName == name && pair.agent.Pod.Metadata.DeletionTimestamp is null).Select(pair => ((CniDaemonSet, CniAgent)?)pair).FirstOrDefault();
        MeshCheck[] wrong = [.. checks.Where(check => Shown.Contains(check.Name) && check.Status is CheckStatus.Fail or CheckStatus.Warn)];
        MeshCheck? unread = checks.FirstOrDefault(check => check is { Name: "ConfigValid", Status: CheckStatus.Skip });
        string[] messages = [.. wrong.Select(check => check.Message), .. unread is not null && found is not null ? [unread.Message] : Array.Empty<string>()];
        return new IstioCniNode
        {
            Cluster = cluster.Name,
            Node = name,
            Namespace = found?.Agent.Namespace,
            Agent = found?.Agent.Name,
            Ready = found is { } pair && PodObstacle.IsReady(pair.Agent.Pod),
            Chained = checks.FirstOrDefault(check => check.Name == "IstioCniChained")?.Status switch { CheckStatus.Pass => true, CheckStatus.Fail => false, _ => null },
            Version = found is { } with ? VersionOf(with.Agent.Pod.Spec) : null,
            StartedBefore = Before(found, pods).ToArray(),
            Message = messages.Length == 0 ? null : string.Join(" ", messages),
        };
    }

    /// <summary>As the check PodsAfterAgent of Test-IstioCni counts them.</summary>
    private static IEnumerable<string> Before((CniDaemonSet Set, CniAgent Agent)? found, IEnumerable<MeshedPod> pods)
    {
        if (found is not { } pair)
            return pods.Where(pod => pod.NetworkSince is not null).Select(pod => pod.Name);
        DateTime? installed = pair.Set.Set.Metadata.CreationTimestamp;
        DateTime? begun = pair.Agent.Pod.Status?.StartTime ?? pair.Agent.Pod.Metadata.CreationTimestamp;
        DateTime? ready = pair.Agent.ReadySince;
        return pods.Where(pod => pod.NetworkSince < installed || (pod.NetworkSince >= begun && (ready is null || pod.NetworkSince < ready))).Select(pod => pod.Name);
    }

    private static async Task<ILookup<string, MeshedPod>> PodsAsync(MeshCluster cluster, IReporter reporter, CancellationToken cancel)
    {
        List<(string Node, MeshedPod Pod)> found = [];
        try
        {
            await foreach (MeshPod pod in MeshPods.ListAsync(cluster, new PodSelection { Full = true }, reporter, cancel).ConfigureAwait(false))
            {
                if (pod is { RedirectMethod: RedirectMethod.Cni, RedirectionExpected: true, Node: { } node })
                    found.Add((node, MeshedPod.Of(await pod.GetResourceAsync(cancel).ConfigureAwait(false))));
            }
        }
        catch (MeshException e) when (e.Kind == FailureKind.Forbidden)
        {
            reporter.Warn($"Pods that started before the agent cannot be found: {e.Advice}");
        }
        return found.ToLookup(pair => pair.Node, pair => pair.Pod);
    }
}
