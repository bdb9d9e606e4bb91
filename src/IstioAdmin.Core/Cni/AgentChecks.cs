using IstioAdmin.Core.Health;
using IstioAdmin.Core.Workloads;
using k8s.Models;

namespace IstioAdmin.Core.Cni;

/// <summary>What the API server tells of the CNI agent on a node, and of the pods that may have come before it.</summary>
internal static class AgentChecks
{
    public static MeshCheck OnNode(string cluster, CniNode node)
    {
        CheckDefinition check = CniChecks.AgentOnNode;
        if (node.Agent is { } agent)
            return check.Pass(cluster, node.Name, $"The agent is pod {agent}.");
        string set = $"DaemonSet {node.DaemonSet.Metadata.NamespaceProperty}/{node.DaemonSet.Metadata.Name}";
        if (OperatingSystem(node) is { } system and not "linux")
            return check.Skip(cluster, node.Name, $"The node runs {system}; Istio redirects no traffic there.");
        string why = Exclusion(node) ?? "nothing in its node selector and tolerations keeps it away";
        string message = $"There is no pod of {set} on the node: {why}.";
        return node.Pods.Count > 0
            ? check.Fail(cluster, node.Name, $"{message} {Names.Count(node.Pods.Count, "meshed pod")} on it depend on the plugin: {List(node.Pods)}.",
                $"Let the DaemonSet run on the node (tolerations, node selector), then restart these pods with Restart-MeshWorkload; or keep meshed pods off the node.")
            : check.Warn(cluster, node.Name, $"{message} No meshed pod is on it now; one that comes would be without rules.",
                "Let the DaemonSet run on the node, or keep meshed pods off it with a taint or an affinity.");
    }

    public static MeshCheck Ready(string cluster, CniNode node)
    {
        CheckDefinition check = CniChecks.AgentReady;
        if (node.Agent is not { } agent)
            return check.Skip(cluster, node.Name, "There is no agent on the node.");
        if (agent.ReadySince is { } since)
            return check.Pass(cluster, node.Name, $"The agent is ready since {Time(since)}.");
        return check.Fail(cluster, node.Name, $"The agent is not ready: {PodObstacle.Describe(agent.Pod)}.",
            $"Read its log: kubectl logs --namespace {agent.Namespace} {agent.Name}. Until it is ready, new pods on the node start without rules or not at all.");
    }

    public static MeshCheck PodsAfter(string cluster, CniNode node)
    {
        CheckDefinition check = CniChecks.PodsAfterAgent;
        MeshedPod[] known = [.. node.Pods.Where(pod => pod.NetworkSince is not null)];
        if (known.Length == 0)
            return check.Skip(cluster, node.Name, "No pod on the node has its traffic redirected by the plugin.");
        const string restart = "Test them with Test-PodRedirection; Restart-MeshWorkload or Repair-PodRedirection replaces those that have no rules.";
        DateTime? installed = node.DaemonSet.Metadata.CreationTimestamp;
        MeshedPod[] before = [.. known.Where(pod => pod.NetworkSince < installed)];
        if (before.Length > 0)
        {
            // Not a failure: who installs the plugin anew makes a new DaemonSet, and the pods of the time before it have their rules.
            return check.Warn(cluster, node.Name,
                $"{Names.Count(before.Length, "meshed pod")} got their network before the plugin's DaemonSet was made ({Time(installed!.Value)}), and have no rules unless there was another before: {List(before)}.", restart);
        }
        if (node.Agent is not { } agent)
            return check.Warn(cluster, node.Name, $"{Names.Count(known.Length, "meshed pod")} on a node without agent: {List(known)}.", restart);
        if (agent.ReadySince is not { } ready)
            return check.Warn(cluster, node.Name, $"The agent is not ready; {Names.Count(known.Length, "meshed pod")} may have no rules: {List(known)}.", restart);
        DateTime? begun = agent.Pod.Status?.StartTime ?? agent.Pod.Metadata.CreationTimestamp;
        MeshedPod[] during = [.. known.Where(pod => pod.NetworkSince >= begun && pod.NetworkSince < ready)];
        if (during.Length > 0)
        {
            return check.Warn(cluster, node.Name,
                $"{Names.Count(during.Length, "meshed pod")} got their network while the agent was not ready (from {Time(begun!.Value)} to {Time(ready)}) and are likely to have no rules: {List(during)}.", restart);
        }
        int older = known.Count(pod => pod.NetworkSince < begun);
        return check.Pass(cluster, node.Name, older == 0
            ? $"{Names.Count(known.Length, "meshed pod")}: each got its network after the agent was ready."
            : $"{known.Length - older} meshed pods got their network after the agent was ready, {older} before this agent was started: an earlier one had chained the plugin, or Test-PodRedirection shows that none had.");
    }

    /// <summary>Why the DaemonSet does not want the node, where its node selector and tolerations tell.</summary>
    private static string? Exclusion(CniNode node)
    {
        V1PodSpec spec = node.DaemonSet.Spec.Template.Spec;
        foreach ((string key, string value) in spec.NodeSelector ?? new Dictionary<string, string>())
        {
            if (node.Node.Metadata.Labels?.TryGetValue(key, out string? has) != true || has != value)
                return $"its node selector asks for the label {key}={value}, which the node does not have";
        }
        V1Taint? taint = (node.Node.Spec?.Taints ?? [])
            .FirstOrDefault(taint => taint.Effect is "NoSchedule" or "NoExecute" && !IsGivenToDaemons(taint) && !(spec.Tolerations ?? []).Any(toleration => Tolerates(toleration, taint)));
        if (taint is not null)
            return $"it does not tolerate the node's taint {taint.Key}{(string.IsNullOrEmpty(taint.Value) ? "" : "=" + taint.Value)}:{taint.Effect}";
        return spec.Affinity?.NodeAffinity is null ? null : "its node selector and tolerations allow the node, so its node affinity may keep it away";
    }

    // What the DaemonSet controller adds to its pods itself (kubernetes pkg/controller/daemon/util/daemonset_util.go).
    private static bool IsGivenToDaemons(V1Taint taint) => taint.Key is "node.kubernetes.io/not-ready" or "node.kubernetes.io/unreachable"
        or "node.kubernetes.io/disk-pressure" or "node.kubernetes.io/memory-pressure" or "node.kubernetes.io/pid-pressure" or "node.kubernetes.io/unschedulable";

    private static bool Tolerates(V1Toleration toleration, V1Taint taint) =>
        (string.IsNullOrEmpty(toleration.Effect) || toleration.Effect == taint.Effect)
        && (string.IsNullOrEmpty(toleration.Key) ? toleration.OperatorProperty == "Exists" : toleration.Key == taint.Key)
        && (toleration.OperatorProperty == "Exists" || (toleration.Value ?? "") == (taint.Value ?? ""));

    private static string? OperatingSystem(CniNode node) => node.Node.Status?.NodeInfo?.OperatingSystem is { Length: > 0 } system ? system : null;

    private static string List(IEnumerable<MeshedPod> pods) => Names.List([.. pods.Select(pod => pod.Name)]);

    private static string Time(DateTime time) => time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
