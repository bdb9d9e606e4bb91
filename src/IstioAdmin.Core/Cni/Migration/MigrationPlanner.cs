using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Workloads;

namespace IstioAdmin.Core.Cni.Migration;

/// <summary>Finds the workloads whose pods are still redirected the former way. It is read from the pods each time, so an interrupted migration goes on.</summary>
internal static class MigrationPlanner
{
    public const string Init = "istio-init";

    /// <summary>Finds them, by namespace and name.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="from">The former way: InitContainer when CNI is switched on, Cni when it is switched off.</param>
    /// <param name="wants">Which namespaces; null for all.</param>
    /// <param name="reporter">Hears what could not be looked at.</param>
    /// <param name="cancel">Stops.</param>
    /// <exception cref="MeshException">Pods or their owners could not be read.</exception>
    public static async Task<IReadOnlyList<WorkloadMigration>> FindAsync(MeshCluster cluster, RedirectMethod from, Func<string, bool>? wants, IReporter reporter, CancellationToken cancel)
    {
        List<MeshPod> found = [];
        await foreach (MeshPod pod in MeshPods.ListAsync(cluster, new PodSelection { NamespaceFilter = wants }, reporter, cancel).ConfigureAwait(false))
        {
            if (pod.RedirectMethod != from || !pod.Injected || pod.Phase is "Succeeded" or "Failed")
                continue;
            found.Add(pod);
        }
        return await OfAsync(cluster, found, from, cancel).ConfigureAwait(false);
    }

    /// <summary>The workloads of some pods, by namespace and name.</summary>
    /// <exception cref="MeshException">The pods' owners could not be read.</exception>
    public static async Task<IReadOnlyList<WorkloadMigration>> OfAsync(MeshCluster cluster, IReadOnlyList<MeshPod> replaced, RedirectMethod from, CancellationToken cancel)
    {
        var owners = new WorkloadOwners(cluster);
        Dictionary<WorkloadReference, List<string>> found = [];
        foreach (MeshPod pod in replaced)
        {
            WorkloadReference owner = await owners.FindAsync(pod, cancel).ConfigureAwait(false) ?? new WorkloadReference(pod.Namespace, "Pod", pod.Name);
            if (!found.TryGetValue(owner, out List<string>? pods))
                found[owner] = pods = [];
            pods.Add(pod.Name);
        }
        List<WorkloadMigration> all = [];
        foreach ((WorkloadReference owner, List<string> pods) in found.OrderBy(pair => pair.Key.Namespace, StringComparer.Ordinal).ThenBy(pair => pair.Key.Name, StringComparer.Ordinal))
        {
            string? hindrance = await HindranceAsync(cluster.Client, owner, from, cancel).ConfigureAwait(false);
            all.Add(new WorkloadMigration
            {
                Cluster = cluster.Name,
                Namespace = owner.Namespace,
                Kind = owner.Kind,
                Name = owner.Name,
                Pods = pods.ToArray(),
                Outcome = hindrance is null ? MigrationOutcome.Pending : MigrationOutcome.Skipped,
                Message = hindrance,
            });
        }
        return all;
    }

    /// <summary>Why replacing its pods would not change how they are redirected; null when it would.</summary>
    private static async Task<string?> HindranceAsync(KubeClient client, WorkloadReference owner, RedirectMethod from, CancellationToken cancel)
    {
        if (owner.Kind == "Pod")
            return "No controller would make another: delete it and create it anew from its manifest.";
        if (owner.Kind is "Job" or "CronJob")
            return "The pods of its next run are made from the new template; those that run now end by themselves.";
        if (WorkloadKind.Find(owner.Kind) is not { } kind)
            return $"A {owner.Kind} is restarted by what manages it: replace its pods with that.";
        if (from != RedirectMethod.InitContainer)
            return null;
        JsonObject? live = await client.GetAsync(kind.Resource, owner.Namespace, owner.Name, cancel).ConfigureAwait(false);
        bool byHand = (live.At("spec", "template", "spec", "initContainers") as JsonArray ?? []).Any(container => container.At("name").Text() == Init);
        return byHand ? $"Its own template holds {Init} (istioctl kube-inject): inject it anew, or take the sidecar out of the template and leave it to the webhook." : null;
    }
}
