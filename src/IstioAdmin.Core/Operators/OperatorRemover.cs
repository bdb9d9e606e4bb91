using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Changes;
using IstioAdmin.Core.Kube.Listing;
using IstioAdmin.Core.Operators.Helm;
using IstioAdmin.Core.Workloads;
using k8s;
using k8s.Models;

namespace IstioAdmin.Core.Operators;

/// <summary>Plans and runs removals of operators: meshes, the operator, what it forgets, definitions, in this order.</summary>
internal static class OperatorRemover
{
    public static async Task<ChangePlan> PlanAsync(MeshCluster cluster, OperatorRemovalOptions options, IReporter reporter, CancellationToken cancel)
    {
        MeshOperator kind = MeshOperator.Of(options.Kind);
        IReadOnlyList<OperatorWorkload> workloads = await OperatorFinder.WorkloadsAsync(cluster.Client, kind, options.Namespace, cancel).ConfigureAwait(false);
        IReadOnlyList<(KubeResource Resource, JsonObject Object)> meshes = await MeshesAsync(cluster.Client, kind, cancel).ConfigureAwait(false);
        if (meshes.Count > 0 && !options.Force)
        {
            throw new MeshException("MeshExists", FailureKind.Conflict,
                $"{cluster.Server} still has {string.Join(", ", meshes.Select(mesh => Name(mesh.Resource, mesh.Object)))}, which nobody would look after without the {kind} operator.",
                "Remove it with Remove-IstioMesh first, or use -Force to remove it with the operator.", kind.ToString());
        }
        RefuseForeign(cluster, kind, workloads, options);
        OperatorWorkload? first = workloads.Count > 0 ? workloads[0] : null;
        string ns = options.Namespace ?? first?.Namespace ?? kind.Package.Namespace;
        var plan = new ChangePlan
        {
            Cluster = cluster,
            PartOf = kind.Package.PartOf,
            ErrorNoun = "OperatorRemoval",
            Namespace = ns,
            Version = first?.ImageTag,
            Steps = [],
            Force = options.Force,
            Removes = true,
        };
        var removal = new MeshRemoval(cluster.Client, options, hasOperator: workloads.Count > 0, reporter);
        List<ChangeStep> steps = [.. meshes.Select(mesh => removal.Step(mesh.Resource, mesh.Object))];
        foreach (OperatorWorkload workload in workloads.Where(workload => workload.Release is not null))
            steps.Add(await ReleaseStepAsync(cluster.Client, workload, cancel).ConfigureAwait(false));
        steps.AddRange(await OwnStepsAsync(plan, kind, ns, workloads, cancel).ConfigureAwait(false));
        var leftovers = new Leftovers(cluster.Client, kind, ns);
        steps.AddRange(await leftovers.StepsAsync(cancel).ConfigureAwait(false));
        if (options.IncludeDefinitions)
            steps.AddRange(await leftovers.DefinitionStepsAsync(cancel).ConfigureAwait(false));
        if (options.IncludeNamespace)
            steps.AddRange(await NamespaceStepsAsync(plan, reporter, cancel).ConfigureAwait(false));
        // Found both as the operator's and as a leftover.
        return plan with { Steps = [.. steps.DistinctBy(step => step.Target)] };
    }

    public static async Task<IstioOperator> RunAsync(ChangePlan plan, OperatorRemovalOptions options, TimeSpan? wait, IReporter reporter, CancellationToken cancel)
    {
        MeshOperator kind = MeshOperator.Of(options.Kind);
        IReadOnlyList<OperatorWorkload> before = await OperatorFinder.WorkloadsAsync(plan.Cluster.Client, kind, plan.Namespace, cancel).ConfigureAwait(false);
        IReadOnlyList<ChangedObject> objects = await ChangeRun.RunAsync(plan, reporter, cancel).ConfigureAwait(false);
        if (wait is { } timeout && objects.Any(item => item.Outcome == ChangeOutcome.Removed))
        {
            foreach (OperatorWorkload workload in before)
                await WaitForEndAsync(plan, kind, workload, timeout, reporter, cancel).ConfigureAwait(false);
        }
        OperatorWorkload? first = before.Count > 0 ? before[0] : null;
        return new IstioOperator
        {
            Cluster = plan.Cluster.Name,
            Distribution = kind.ToString(),
            Namespace = plan.Namespace,
            Name = first?.Name ?? kind.Package.Name,
            Kind = first?.Kind ?? "",
            Version = plan.Version,
            Image = first?.Image ?? "",
            Ready = false,
            Message = objects.Count == 0 ? "there was nothing to remove" : objects.Any(item => item.Outcome == ChangeOutcome.Declined) ? "removed in part: some of it was declined" : "removed",
            InstalledBy = first?.InstalledBy(kind.Package.PartOf) ?? "",
            Objects = objects,
        };
    }

    private static async Task<IReadOnlyList<(KubeResource Resource, JsonObject Object)>> MeshesAsync(KubeClient client, MeshOperator kind, CancellationToken cancel)
    {
        List<(KubeResource, JsonObject)> found = [];
        foreach (KubeResource resource in kind.Package.Resources)
        {
            foreach (JsonObject item in await ServedObjects.ListAsync(client, resource, cancel).ConfigureAwait(false))
            {
                // Whoever owns it removes it.
                if (item["metadata"]?["ownerReferences"] is not JsonArray { Count: > 0 })
                    found.Add((resource, item));
            }
        }
        return found;
    }

    private static void RefuseForeign(MeshCluster cluster, MeshOperator kind, IReadOnlyList<OperatorWorkload> workloads, OperatorRemovalOptions options)
    {
        foreach (OperatorWorkload workload in workloads)
        {
            if (workload.IsManagedByOlm)
            {
                throw new MeshException("OperatorNotOurs", FailureKind.Conflict,
                    $"{cluster.Server}: {workload.Reference} was installed by the Operator Lifecycle Manager, which would install it again.",
                    $"Delete its Subscription and its ClusterServiceVersion in namespace {workload.Namespace}; then run the command again for what is left.", workload.Reference);
            }
            if (!options.Force && workload.Release is null && !ObjectOwner.Owns(kind.Package.PartOf, workload.Object))
            {
                throw new MeshException("OperatorNotOurs", FailureKind.Conflict,
                    $"{cluster.Server}: {workload.Reference} was not installed by IstioAdmin but by {workload.InstalledBy(kind.Package.PartOf)}.",
                    "Use -Force to remove it all the same, with its service account and the bindings that are for this account alone.", workload.Reference);
            }
        }
    }

    private static async Task<ChangeStep> ReleaseStepAsync(KubeClient client, OperatorWorkload workload, CancellationToken cancel)
    {
        var release = new HelmRelease(await HelmProgram.FindAsync(client, cancel).ConfigureAwait(false), workload.Namespace, workload.Release!);
        return new ChangeStep
        {
            Resource = HelmRelease.Resource,
            Namespace = workload.Namespace,
            Name = workload.Release!,
            Action = ChangeAction.Remove,
            Perform = async token =>
            {
                await release.UninstallAsync(token).ConfigureAwait(false);
                return ChangeOutcome.Removed;
            },
        };
    }

    /// <summary>The objects with which this module installs the operator, and where they are somebody else's and -Force is given, the workload and its account.</summary>
    private static async Task<IReadOnlyList<ChangeStep>> OwnStepsAsync(
        ChangePlan plan, MeshOperator kind, string ns, IReadOnlyList<OperatorWorkload> workloads, CancellationToken cancel)
    {
        KubeClient client = plan.Cluster.Client;
        string selector = ObjectOwner.Selector(kind.Package.PartOf);
        List<ChangeStep> steps = [];
        foreach (KubeResource newest in (KubeResource[])
            [
                KubeResource.StatefulSets, KubeResource.Deployments, KubeResource.ValidatingWebhooks, KubeResource.Services,
                KubeResource.ClusterRoleBindings, KubeResource.ClusterRoles, KubeResource.ServiceAccounts,
            ])
        {
            KubeResource resource = await client.ServedAsync(newest, cancel).ConfigureAwait(false);
            await foreach (JsonObject item in client.ListObjectsAsync(resource, new ListQuery(resource.Namespaced ? ns : null, selector), cancel).ConfigureAwait(false))
            {
                if (ObjectOwner.Owns(kind.Package.PartOf, item))
                    steps.Add(Remove(resource, item));
            }
        }
        foreach (OperatorWorkload workload in workloads.Where(workload => workload.Release is null && !ObjectOwner.Owns(kind.Package.PartOf, workload.Object)))
        {
            steps.Add(Remove(workload.Kind == "StatefulSet" ? KubeResource.StatefulSets : KubeResource.Deployments, workload.Object));
            if (workload.ServiceAccount is { } account and not "default")
                steps.AddRange(await AccountStepsAsync(client, workload.Namespace, account, cancel).ConfigureAwait(false));
        }
        return steps;
    }

    private static async Task<IReadOnlyList<ChangeStep>> AccountStepsAsync(KubeClient client, string ns, string account, CancellationToken cancel)
    {
        List<ChangeStep> steps = [];
        await foreach (JsonObject binding in client.ListObjectsAsync(KubeResource.ClusterRoleBindings, new ListQuery(), cancel).ConfigureAwait(false))
        {
            bool alone = binding["subjects"] is JsonArray { Count: 1 } subjects
                && (string?)subjects[0]?["kind"] == "ServiceAccount" && (string?)subjects[0]?["name"] == account && (string?)subjects[0]?["namespace"] == ns;
            if (alone)
                steps.Add(Remove(KubeResource.ClusterRoleBindings, binding));
        }
        if (await client.GetAsync(KubeResource.ServiceAccounts, ns, account, cancel).ConfigureAwait(false) is { } found)
            steps.Add(Remove(KubeResource.ServiceAccounts, found));
        return steps;
    }

    private static async Task<IReadOnlyList<ChangeStep>> NamespaceStepsAsync(ChangePlan plan, IReporter reporter, CancellationToken cancel)
    {
        JsonObject? found = await plan.Cluster.Client.GetAsync(KubeResource.Namespaces, null, plan.Namespace, cancel).ConfigureAwait(false);
        if (found is null)
            return [];
        if (ObjectOwner.Owns(plan.PartOf, found))
            return [Remove(KubeResource.Namespaces, found)];
        reporter.Warn($"Namespace {plan.Namespace} stays: it was not made by IstioAdmin.");
        return [];
    }

    /// <summary>Deletes an object that has been looked at, and no other of its name.</summary>
    internal static ChangeStep Remove(KubeResource resource, JsonObject item) => new()
    {
        Resource = resource,
        Namespace = resource.Namespaced ? item.Metadata("namespace") : null,
        Name = item.Metadata("name") ?? "",
        Action = ChangeAction.Remove,
        Uid = item.Metadata("uid"),
    };

    private static async Task WaitForEndAsync(ChangePlan plan, MeshOperator kind, OperatorWorkload workload, TimeSpan timeout, IReporter reporter, CancellationToken cancel)
    {
        KubeClient client = plan.Cluster.Client;
        V1LabelSelector? selector = KubernetesJson.Deserialize<V1LabelSelector>(workload.Object["spec"]?["selector"]?.ToJsonString() ?? "{}");
        string[] left = [];
        bool gone = await Polling.UntilAsync(async token =>
        {
            V1PodList pods = await client.CallAsync(
                () => client.Api.CoreV1.ListNamespacedPodAsync(workload.Namespace, labelSelector: WorkloadPods.Selector(selector), cancellationToken: token),
                KubeResource.Pods.Subject("list", workload.Namespace), token).ConfigureAwait(false);
            left = [.. pods.Items.Where(pod => WorkloadPods.IsOf(pod, workload.Reference)).Select(pod => pod.Metadata.Name)];
            if (left.Length > 0)
                reporter.Progress($"Removing the {kind} operator from namespace {plan.Namespace}", $"waiting until pod {left[0]} has ended");
            return left.Length == 0;
        }, timeout, cancel).ConfigureAwait(false);
        if (!gone)
        {
            throw new MeshException("RemovalTimedOut", FailureKind.Timeout,
                $"{plan.Cluster.Server}: the {kind} operator is deleted, but after {timeout.TotalSeconds:0.#} s there are still pods: {string.Join(", ", left)}.",
                "The deletion goes on by itself. Pods that stay usually sit on a node that does not answer.", workload.Reference);
        }
    }

    private static string Name(KubeResource resource, JsonObject item) =>
        item.Metadata("namespace") is { } ns ? $"{resource.Kind} {ns}/{item.Metadata("name")}" : $"{resource.Kind} {item.Metadata("name")}";
}
