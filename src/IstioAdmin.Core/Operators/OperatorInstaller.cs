using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Changes;
using IstioAdmin.Core.Kube.Listing;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Operators.Manifests;
using IstioAdmin.Core.Workloads;

namespace IstioAdmin.Core.Operators;

/// <summary>Plans and runs installations and updates of operators.</summary>
internal static class OperatorInstaller
{
    private const string ErrorNoun = "Operator";

    /// <summary>What to do about the obstacles that new clusters and private registries have in store; the first that occurs counts.</summary>
    private static readonly (string[] Signs, string Advice)[] Remedies =
    [
        (["ImagePullBackOff", "ErrImagePull", "InvalidImageName"],
            "Check that the nodes reach the image's registry; -Image names another one, -ImagePullSecret the secret to pull it with."),
        (["exceeded quota"], "Raise the namespace's resource quota, or name another namespace."),
        (["is being terminated", "NamespaceTerminating"], "Wait until the namespace is gone."),
        (["cannot be scheduled"], "Make room on the nodes, or remove what keeps the pod from them."),
        (["CrashLoopBackOff"], "Look at the pod's log (kubectl logs --previous)."),
        (["PodSecurity", "unable to validate against any"], "Let the namespace's security policy admit the pod."),
    ];

    public static async Task<ChangePlan> PlanAsync(MeshCluster cluster, OperatorOptions options, IReporter reporter, CancellationToken cancel)
    {
        MeshOperator kind = MeshOperator.Of(options.Kind);
        IOperatorPackage package = kind.Package;
        IReadOnlyList<OperatorWorkload> existing = await OperatorFinder.WorkloadsAsync(cluster.Client, kind, ns: null, cancel).ConfigureAwait(false);
        if (options.Update && existing.Count == 0)
        {
            throw new MeshException("OperatorNotFound", FailureKind.NotFound, $"{cluster.Server} has no {kind} operator to update.",
                $"Install it with Install-IstioOperator -Distribution {kind}.", kind.ToString());
        }
        string ns = options.Namespace ?? (options.Update ? existing[0].Namespace : package.Namespace);
        bool newNamespace = !await TargetNamespace.ExistsAsync(cluster.Client, ns, mustAccept: true, reporter, cancel).ConfigureAwait(false);
        ChangePlan draft = new()
        {
            Cluster = cluster,
            PartOf = package.PartOf,
            ErrorNoun = ErrorNoun,
            Namespace = ns,
            Version = null,
            Steps = [],
            Force = options.Force,
        };
        if (options.Chart is not null)
            return await ChartInstaller.PlanAsync(draft, package, existing, options, reporter, cancel).ConfigureAwait(false);
        OperatorLine line = Choose(cluster, kind, existing, options, reporter);
        RefuseOthers(cluster, kind, existing, ns, options);
        await WarnOfMeshesAsync(cluster, kind, line, reporter, cancel).ConfigureAwait(false);
        KubeResource definitions = await ResourceDefinition.ServedAsync(cluster.Client, cancel).ConfigureAwait(false);
        (ObjectManifest own, IReadOnlyList<ObjectManifest> objects) = package.Manifests(line, options, ns, definitions);
        return await ChangeInstaller.PlanAsync(draft with { Version = line.Version }, newNamespace ? [own, .. objects] : objects, reporter, cancel).ConfigureAwait(false);
    }

    public static async Task<IstioOperator> RunAsync(ChangePlan plan, OperatorOptions options, TimeSpan? wait, IReporter reporter, CancellationToken cancel)
    {
        MeshOperator kind = MeshOperator.Of(options.Kind);
        IReadOnlyList<ChangedObject> objects = await ChangeRun.RunAsync(plan, reporter, cancel).ConfigureAwait(false);
        // What was declined may not be there.
        bool whole = objects.All(item => item.Outcome != ChangeOutcome.Declined);
        IReadOnlyList<OperatorWorkload> found = await OperatorFinder.WorkloadsAsync(plan.Cluster.Client, kind, plan.Namespace, cancel).ConfigureAwait(false);
        OperatorWorkload? workload = found.FirstOrDefault(candidate => objects.Any(item => item.Kind == candidate.Kind && item.Name == candidate.Name)) ?? (found.Count > 0 ? found[0] : null);
        if (workload is null)
        {
            return whole
                ? throw new MeshException("OperatorNotReady", FailureKind.NotFound,
                    $"{plan.Cluster.Server}: everything of {plan.PartOf} has been applied, but namespace {plan.Namespace} has no workload that is the {kind} operator.",
                    "Check that the chart is this operator's and that its values do not leave the workload out.", plan.Namespace)
                : Missing(plan, kind, options, objects);
        }
        if (wait is { } timeout && whole)
            await WaitAsync(plan, kind, workload, objects, timeout, reporter, cancel).ConfigureAwait(false);
        return await OperatorFinder.DescribeAsync(plan.Cluster, kind, workload, cancel).ConfigureAwait(false) with { Objects = objects };
    }

    private static async Task WaitAsync(
        ChangePlan plan, MeshOperator kind, OperatorWorkload workload, IReadOnlyList<ChangedObject> objects, TimeSpan timeout, IReporter reporter, CancellationToken cancel)
    {
        KubeClient client = plan.Cluster.Client;
        string activity = $"Installing the {kind} operator in namespace {plan.Namespace}";
        KubeResource definitions = await ResourceDefinition.ServedAsync(client, cancel).ConfigureAwait(false);
        string[] pending = [.. objects.Where(item => item.Kind == definitions.Kind).Select(item => item.Name)];
        bool established = await Polling.UntilAsync(async token =>
        {
            pending = [.. await PendingAsync(client, definitions, pending, token).ConfigureAwait(false)];
            if (pending.Length > 0)
                reporter.Progress(activity, $"waiting until {pending[0]} is served");
            return pending.Length == 0;
        }, timeout, cancel).ConfigureAwait(false);
        RolloutResult? result = established
            ? await RolloutWait.UntilDoneAsync(client, workload.Reference, activity, timeout, reporter, cancel).ConfigureAwait(false)
            : null;
        if (result?.Live?.Rollout.IsDone == true)
            return;
        string why = result is null ? $"the server does not serve {string.Join(", ", pending)}" : string.Join("; ", result.Obstacles);
        throw new MeshException("OperatorNotReady", FailureKind.Timeout,
            $"{plan.Cluster.Server}: the {kind} operator is installed, but {workload.Reference} was not ready within {timeout.TotalSeconds:0.#} s. {why}.",
            $"{Advice(why)} Then run the command again: it waits once more. -Timeout waits longer.", workload.Reference);
    }

    private static string Advice(string obstacle) =>
        Remedies.FirstOrDefault(row => row.Signs.Any(sign => obstacle.Contains(sign, StringComparison.Ordinal))).Advice ?? "Remove what is in the way.";

    private static async Task<IEnumerable<string>> PendingAsync(KubeClient client, KubeResource definitions, IEnumerable<string> names, CancellationToken cancel)
    {
        JsonObject?[] found = await Task.WhenAll(names.Select(name => client.GetAsync(definitions, null, name, cancel))).ConfigureAwait(false);
        return names.Zip(found).Where(pair => pair.Second is null || !IsEstablished(pair.Second)).Select(pair => pair.First);
    }

    private static bool IsEstablished(JsonObject definition) => (definition["status"]?["conditions"] as JsonArray ?? [])
        .Any(condition => (string?)condition?["type"] == "Established" && (string?)condition?["status"] == "True");

    private static OperatorLine Choose(MeshCluster cluster, MeshOperator kind, IReadOnlyList<OperatorWorkload> existing, OperatorOptions options, IReporter reporter)
    {
        IOperatorPackage package = kind.Package;
        if (package.Lines.Count == 0)
        {
            throw new MeshException("OperatorChartRequired", FailureKind.InvalidInput, $"The {kind} operator is installed from its Helm chart, and no chart is named.",
                $"Name it with -Chart: a repository reference, an oci:// reference, a folder or a .tgz file. Upstream's is {package.ChartHint}.", kind.ToString());
        }
        int? kubernetes = IstioRelease.TryParse(cluster.Version, out IstioRelease server) ? server.Minor : null;
        // Whoever names no version means the one that is there.
        string? version = options.Version ?? existing.Select(workload => workload.Label(ObjectOwner.PartOf) == package.PartOf ? workload.Label(ObjectOwner.Version) : null).FirstOrDefault();
        OperatorLine? line = version is null
            ? package.DefaultLine ?? package.Lines.LastOrDefault(candidate => kubernetes is null || candidate.RunsOn(kubernetes.Value)) ?? package.Lines[^1]
            : package.Lines.FirstOrDefault(candidate => candidate.Version == version.TrimStart('v'));
        if (line is null)
        {
            throw new MeshException("OperatorVersionNotFound", FailureKind.InvalidInput,
                $"The {kind} operator has no release line {version} that this module knows.",
                $"The known ones, each for one minor version of Istio: {string.Join(", ", package.Lines)}. Others can be installed from a chart with -Chart.", version);
        }
        if (kubernetes is null || line.RunsOn(kubernetes.Value))
            return line;
        string[] suitable = [.. package.Lines.Where(candidate => candidate.RunsOn(kubernetes.Value)).Select(candidate => candidate.ToString())];
        string what = $"The {kind} operator {line.Version} runs on Kubernetes 1.{line.OldestKubernetes} to 1.{line.NewestKubernetes}, and {cluster.Server} has {cluster.Version}.";
        if (!options.AnyKubernetes)
        {
            throw new MeshException("KubernetesNotSupported", FailureKind.NotSupported, what,
                $"{(suitable.Length > 0 ? $"Name another line with -Version: {string.Join(", ", suitable)}." : "No line of it runs there; another distribution may.")} "
                + "-SkipVersionCheck installs it all the same.", cluster.Version);
        }
        reporter.Warn($"{what} It is installed all the same.");
        return line;
    }

    /// <summary>Two operators of one kind would undo each other's work.</summary>
    private static void RefuseOthers(MeshCluster cluster, MeshOperator kind, IReadOnlyList<OperatorWorkload> existing, string ns, OperatorOptions options)
    {
        if (existing.FirstOrDefault(workload => workload.Namespace != ns || workload.Name != kind.Package.Name) is not { } other)
            return;
        bool release = other.Release is not null;
        throw new MeshException("OperatorExists", FailureKind.Conflict,
            $"{cluster.Server} already has a {kind} operator: {other.Reference}, image {other.Image}, installed by {other.InstalledBy(kind.Package.PartOf)}.",
            release ? "Update it from its chart (Update-IstioOperator -Chart), or remove it with Uninstall-IstioOperator first; meshes stay when it goes."
            : options.Namespace is not null && other.Name == kind.Package.Name ? $"Leave out -Namespace, or name {other.Namespace}."
            : "Remove it with Uninstall-IstioOperator -Force first; meshes stay as long as their resources are not deleted.", other.Reference);
    }

    private static async Task WarnOfMeshesAsync(MeshCluster cluster, MeshOperator kind, OperatorLine line, IReporter reporter, CancellationToken cancel)
    {
        foreach (JsonObject mesh in await ServedObjects.ListAsync(cluster.Client, kind.Mesh, cancel).ConfigureAwait(false))
        {
            string? version = mesh["spec"]?["version"] is JsonValue value && value.TryGetValue(out string? text) ? text : null;
            if (version is not null && IstioRelease.TryParse(version, out IstioRelease release) && release.Minor != line.Istio)
            {
                reporter.Warn($"{kind.Mesh.Kind} {mesh.Metadata("namespace")}/{mesh.Metadata("name")} has version {version}; this operator keeps meshes of {line.Version}. "
                    + "It leaves the mesh alone until its version is changed.");
            }
        }
    }

    private static IstioOperator Missing(ChangePlan plan, MeshOperator kind, OperatorOptions options, IReadOnlyList<ChangedObject> objects) => new()
    {
        Cluster = plan.Cluster.Name,
        Distribution = kind.ToString(),
        Namespace = plan.Namespace,
        Name = kind.Package.Name,
        Kind = "",
        Image = options.Image ?? "",
        Ready = false,
        Message = "not everything was installed, because some of it was declined",
        InstalledBy = "",
        Objects = objects,
    };
}
