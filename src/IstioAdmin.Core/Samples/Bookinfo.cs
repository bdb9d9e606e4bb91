using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Changes;
using IstioAdmin.Core.Workloads;

namespace IstioAdmin.Core.Samples;

/// <summary>
/// Istio's sample application: a product page that asks details, reviews (in three versions) and ratings. Installing and removing are done in
/// two steps, a plan and its run, so that whoever asks can see and approve each change first.
/// </summary>
public static class Bookinfo
{
    /// <summary>Plans an installation. Nothing in the cluster changes.</summary>
    /// <exception cref="MeshException">
    /// The namespace is missing or being deleted (<c>NamespaceNotFound</c>, <c>NamespaceTerminating</c>), a gateway is asked for where Istio's
    /// resource definitions are missing (<c>IstioApiNotFound</c>), somebody else's objects are in the way (<c>SampleObjectExists</c>), or the
    /// server would refuse one of the objects.
    /// </exception>
    public static async Task<ChangePlan> PlanInstallAsync(MeshCluster cluster, BookinfoOptions options, IReporter reporter, CancellationToken cancel)
    {
        string imagePrefix = options.ImagePrefix();
        await TargetNamespace.CheckAsync(cluster.Client, options.Namespace, mustAccept: true, reporter, cancel).ConfigureAwait(false);
        IstioRoutingApi? routing = options.WithGateway ? await IstioRoutingApi.RequireAsync(cluster.Client, cancel).ConfigureAwait(false) : null;
        return await ChangeInstaller.PlanAsync(
            Draft(cluster, options.Namespace, options.Release.Version) with { Force = options.Force },
            Objects(options.Namespace, options.Release, imagePrefix, routing), reporter, cancel).ConfigureAwait(false);
    }

    /// <summary>Runs an installation's plan.</summary>
    /// <param name="plan">What <see cref="PlanInstallAsync"/> returned.</param>
    /// <param name="wait">How long to wait until every deployment is rolled out; null does not wait.</param>
    /// <param name="reporter">Told about progress.</param>
    /// <param name="cancel">Cancels the work; what has been applied by then stays.</param>
    /// <exception cref="MeshException">An object could not be applied, or time ran out (<c>RolloutTimedOut</c>).</exception>
    public static async Task<MeshSample> InstallAsync(ChangePlan plan, TimeSpan? wait, IReporter reporter, CancellationToken cancel)
    {
        IReadOnlyList<ChangedObject> objects = await ChangeRun.RunAsync(plan, reporter, cancel).ConfigureAwait(false);
        // What was declined may not be there.
        string[] deployments = Deployments(objects, item => item.Outcome != ChangeOutcome.Declined);
        if (wait is { } timeout && deployments.Length > 0)
            await WorkloadWait.ForRolloutAsync(plan, Reader(plan), deployments, timeout, reporter, cancel).ConfigureAwait(false);
        IReadOnlyList<WorkloadState> states = wait is null
            ? await Reader(plan).ReadAsync(deployments, cancel).ConfigureAwait(false)
            : [];
        return Result(plan, objects, states.All(state => state.RolledOut));
    }

    /// <summary>Plans a removal. Nothing in the cluster changes.</summary>
    /// <exception cref="MeshException">The namespace does not exist (<c>NamespaceNotFound</c>), or the server refuses to be asked.</exception>
    public static async Task<ChangePlan> PlanRemovalAsync(MeshCluster cluster, string ns, IReporter reporter, CancellationToken cancel)
    {
        await TargetNamespace.CheckAsync(cluster.Client, ns, mustAccept: false, reporter, cancel).ConfigureAwait(false);
        IstioRoutingApi? routing = await IstioRoutingApi.FindAsync(cluster.Client, cancel).ConfigureAwait(false);
        // Names do not depend on the version.
        return await ChangeRemover.PlanAsync(
            Draft(cluster, ns, version: null),
            Objects(ns, BookinfoRelease.Latest, BookinfoOptions.DefaultRegistry, routing), reporter, cancel).ConfigureAwait(false);
    }

    /// <summary>Runs a removal's plan.</summary>
    /// <param name="plan">What <see cref="PlanRemovalAsync"/> returned.</param>
    /// <param name="wait">How long to wait until the pods are gone; null does not wait.</param>
    /// <param name="reporter">Told about progress.</param>
    /// <param name="cancel">Cancels the work; what has been deleted by then is gone.</param>
    /// <exception cref="MeshException">An object could not be deleted, or time ran out (<c>RemovalTimedOut</c>).</exception>
    public static async Task<MeshSample> RemoveAsync(ChangePlan plan, TimeSpan? wait, IReporter reporter, CancellationToken cancel)
    {
        IReadOnlyList<ChangedObject> objects = await ChangeRun.RunAsync(plan, reporter, cancel).ConfigureAwait(false);
        string[] deployments = Deployments(objects, item => item.Outcome == ChangeOutcome.Removed);
        if (wait is { } timeout && deployments.Length > 0)
            await WorkloadWait.ForPodsToEndAsync(plan, Reader(plan), deployments, timeout, reporter, cancel).ConfigureAwait(false);
        return Result(plan, objects, ready: false);
    }

    private static ChangePlan Draft(MeshCluster cluster, string ns, string? version) => new()
    {
        Cluster = cluster,
        PartOf = BookinfoManifests.Sample,
        ErrorNoun = "Sample",
        Version = version,
        Namespace = ns,
        Steps = [],
    };

    private static List<ObjectManifest> Objects(string ns, BookinfoRelease release, string imagePrefix, IstioRoutingApi? routing) =>
    [
        .. BookinfoManifests.Workloads(ns, release, imagePrefix),
        .. routing is null ? [] : BookinfoManifests.Ingress(ns, routing.Gateways, routing.VirtualServices),
    ];

    private static string[] Deployments(IEnumerable<ChangedObject> objects, Func<ChangedObject, bool> which) =>
        [.. objects.Where(item => item.Kind == KubeResource.Deployments.Kind && which(item)).Select(item => item.Name)];

    private static WorkloadReader Reader(ChangePlan plan) => new(plan.Cluster.Client, plan.Namespace, plan.PartOf, BookinfoManifests.PodSelector);

    private static MeshSample Result(ChangePlan plan, IReadOnlyList<ChangedObject> objects, bool ready) => new()
    {
        Cluster = plan.Cluster.Name,
        Namespace = plan.Namespace,
        Name = plan.PartOf,
        Version = plan.Version,
        Ready = ready,
        Objects = objects,
    };
}
