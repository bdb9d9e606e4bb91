using IstioAdmin.Core.Cni.Switching;
using IstioAdmin.Core.Health;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Operators;

namespace IstioAdmin.Core.Cni.Prerequisites;

/// <summary>Checks what must hold before the CNI plugin is switched. A check that cannot be made is unknown, and the others are made all the same.</summary>
public static class MeshPrerequisites
{
    /// <summary>Checks a cluster, for a mesh as it is or as it is to be.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="name">Name of the mesh's resource; null for the only one.</param>
    /// <param name="wish">What shall be set.</param>
    /// <param name="reporter">Hears what could not be looked at.</param>
    /// <param name="cancel">Stops.</param>
    public static async Task<IReadOnlyList<PrerequisiteResult>> RunAsync(MeshCluster cluster, string? name, CniWish wish, IReporter reporter, CancellationToken cancel)
    {
        CniTarget target;
        try
        {
            target = await CniTargets.OneAsync(cluster, name, cancel).ConfigureAwait(false);
        }
        catch (MeshException e) when (e.ErrorId is "MeshNotFound" or "CniNotManaged" && name is null)
        {
            PrerequisiteResult missing = Prerequisite.MeshManaged.Fail(cluster.Name, e.Message, e.Remedy ?? "");
            return [KubernetesChecks.Version(cluster, null), missing, .. await new NodeChecks(cluster, null, new CniSettings { Enabled = true, BinDir = wish.BinDir, ConfDir = wish.ConfDir }, reporter).MakeAsync(cancel).ConfigureAwait(false)];
        }
        CniWish whole = await ProviderCni.CompleteAsync(cluster, target, wish, cancel).ConfigureAwait(false);
        return await RunAsync(cluster, target, CniSwitch.After(target.Settings, whole, true), reporter, cancel).ConfigureAwait(false);
    }

    internal static async Task<IReadOnlyList<PrerequisiteResult>> RunAsync(MeshCluster cluster, CniTarget target, CniSettings wanted, IReporter reporter, CancellationToken cancel)
    {
        List<PrerequisiteResult> results = [KubernetesChecks.Version(cluster, target), Prerequisite.MeshManaged.Pass(cluster.Name, $"{target.Described} of the {target.Operator.Kind} operator.")];
        string? trouble = OperatorTrouble.Of(target.Resources.Mesh);
        // After a change operators often have a second round.
        bool working = OperatorTrouble.IsWork(trouble);
        results.Add(trouble is null || working
            ? Prerequisite.OperatorHealthy.Pass(cluster.Name, working ? $"It is at work ({trouble}), and its resource says nothing is wrong." : "Its resource says nothing is wrong.")
            : Prerequisite.OperatorHealthy.Warn(cluster.Name, $"The operator says: {trouble}.", "It may act on changes all the same; see its log if it does not."));
        results.Add(await ForeignAsync(cluster, target, cancel).ConfigureAwait(false));
        results.AddRange(await new NodeChecks(cluster, target, wanted, reporter).MakeAsync(cancel).ConfigureAwait(false));
        results.AddRange(await new AgentNamespaceChecks(cluster, target).MakeAsync(cancel).ConfigureAwait(false));
        results.AddRange(await PodsAsync(cluster, target, wanted, reporter, cancel).ConfigureAwait(false));
        // What the pods tell of the nodes stands with the nodes.
        return [.. results.GroupBy(result => result.Category).SelectMany(category => category)];
    }

    /// <summary>Checks what must hold before istio-init comes back.</summary>
    internal static async Task<IReadOnlyList<PrerequisiteResult>> OfInitAsync(MeshCluster cluster, IReporter reporter, CancellationToken cancel)
    {
        Prerequisite check = Prerequisite.InitAllowed;
        SortedDictionary<string, int> namespaces = new(StringComparer.Ordinal);
        List<PrerequisiteResult> results = [];
        try
        {
            await foreach (MeshPod pod in MeshPods.ListAsync(cluster, new PodSelection(), reporter, cancel).ConfigureAwait(false))
            {
                if (pod is { Injected: true, RedirectMethod: RedirectMethod.Cni } && pod.Phase is not ("Succeeded" or "Failed"))
                    namespaces[pod.Namespace] = namespaces.GetValueOrDefault(pod.Namespace) + 1;
            }
            foreach ((string ns, int count) in namespaces)
            {
                string level = await AgentNamespaceChecks.EnforcedAsync(cluster.Client, ns, cancel).ConfigureAwait(false) ?? "privileged";
                results.Add(level == "privileged"
                    ? check.Pass(cluster.Name, $"It admits them; {Names.Count(count, "pod")} of the mesh in it.", ns)
                    : check.Fail(cluster.Name, $"Its label {AgentNamespaceChecks.Enforce}={level} refuses them: once restarted, {Names.Count(count, "pod")} would not start.",
                        $"kubectl label --overwrite namespace {ns} {AgentNamespaceChecks.Enforce}=privileged", ns));
            }
        }
        catch (MeshException e)
        {
            results.Add(check.Unknown(cluster.Name, e));
        }
        return results;
    }

    private static async Task<PrerequisiteResult> ForeignAsync(MeshCluster cluster, CniTarget target, CancellationToken cancel)
    {
        Prerequisite check = Prerequisite.NoForeignAgent;
        try
        {
            ForeignCni? foreign = await ForeignCni.FindAsync(cluster, null, cancel).ConfigureAwait(false) is [var first, ..] ? first : null;
            return foreign is null
                ? check.Pass(cluster.Name, "There is none.")
                : check.Fail(cluster.Name, $"{foreign.DaemonSet} was made by {foreign.Maker}, not by the {target.Operator.Kind} operator: two agents would write to the same files.", foreign.HowToChange);
        }
        catch (MeshException e)
        {
            return check.Unknown(cluster.Name, e);
        }
    }

    private static async Task<IReadOnlyList<PrerequisiteResult>> PodsAsync(MeshCluster cluster, CniTarget target, CniSettings wanted, IReporter reporter, CancellationToken cancel)
    {
        MeshedPods pods;
        try
        {
            pods = await MeshedPods.ReadAsync(cluster, reporter, cancel).ConfigureAwait(false);
        }
        catch (MeshException e)
        {
            return [Prerequisite.ExcludedNamespaces.Unknown(cluster.Name, e), Prerequisite.InitContainers.Unknown(cluster.Name, e), Prerequisite.KernelModules.Unknown(cluster.Name, e)];
        }
        // What the Banzai operator means by none (pkg/apis/istio/v1beta1/defaults.go).
        IReadOnlyList<string> excluded = wanted.ExcludedNamespaces ?? [target.ControlPlaneNamespace];
        List<PrerequisiteResult> results = [KubernetesChecks.Kernel(cluster, pods)];
        string[] inside = [.. excluded.Where(pods.Namespaces.ContainsKey)];
        results.AddRange(inside.Length == 0
            ? [Prerequisite.ExcludedNamespaces.Pass(cluster.Name, excluded.Count == 0 ? "None is excluded." : $"Excluded: {string.Join(", ", excluded)}.")]
            : inside.Select(ns => Prerequisite.ExcludedNamespaces.Fail(cluster.Name,
                $"The plugin leaves namespace {ns} alone, and {Names.Count(pods.Namespaces[ns], "pod")} in it have a sidecar: made anew they would have neither istio-init nor the plugin's rules.",
                "Leave the namespace off -ExcludeNamespace, or take its pods out of the mesh.", ns)));
        results.AddRange(pods.Early.Count == 0
            ? [Prerequisite.InitContainers.Pass(cluster.Name, "No pod of the mesh has one before istio-init.")]
            : pods.Early.Select(container => Prerequisite.InitContainers.Warn(cluster.Name,
                $"Init container {container.Container} runs before istio-init. Under CNI the rules are there before it, and no proxy yet: if it needs the network, it waits for ever{(container.Excludes ? "; the pod excludes some outbound traffic, which may be all it needs" : "")}.",
                "If it needs the network: run it as the proxy's user (securityContext.runAsUser: 1337), or let its destinations pass with the pod's annotation traffic.sidecar.istio.io/excludeOutboundIPRanges or excludeOutboundPorts.",
                $"{container.Namespace}/{container.Pod}")));
        return results;
    }
}
