using IstioAdmin.Core.Kube;
using k8s;
using k8s.Models;

namespace IstioAdmin.Core.Workloads;

/// <summary>A Deployment, StatefulSet or DaemonSet as it is now.</summary>
/// <param name="Reference">Its name.</param>
/// <param name="Metadata">Its metadata.</param>
/// <param name="Selector">Selects its pods.</param>
/// <param name="Rollout">How far it is.</param>
/// <param name="Hindrance">Why a restart would not replace its pods, and the way out; null when it would.</param>
internal sealed record LiveWorkload(WorkloadReference Reference, V1ObjectMeta Metadata, V1LabelSelector? Selector, Rollout Rollout, (string ErrorId, string What, string WayOut)? Hindrance)
{
    private const string OnDelete = "OnDelete";

    /// <summary>Reads it.</summary>
    /// <exception cref="MeshException">It does not exist, or its kind has no rollout (<c>WorkloadNotRestartable</c>).</exception>
    public static async Task<LiveWorkload> ReadAsync(KubeClient client, WorkloadReference reference, CancellationToken cancel)
    {
        (string ns, string kind, string name) = reference;
        if (WorkloadKind.Find(kind) is not { WayOut: null } known)
        {
            throw new MeshException("WorkloadNotRestartable", FailureKind.NotSupported,
                $"{client.Endpoint.Server}: {reference} cannot be restarted: a {kind} has no rollout.",
                WorkloadKind.Find(kind)?.WayOut ?? $"Restart it with what made it; whatever acts on a {kind} knows how.", reference);
        }
        KubeSubject about = known.Resource.Subject("get", ns, name);
        IAppsV1Operations apps = client.Api.AppsV1;
        switch (kind)
        {
            case "Deployment":
                V1Deployment deployment = await client.CallAsync(() => apps.ReadNamespacedDeploymentAsync(name, ns, cancellationToken: cancel), about, cancel).ConfigureAwait(false);
                return new(reference, deployment.Metadata, deployment.Spec.Selector, Rollout.Of(deployment), deployment.Spec.Paused == true
                    ? ("WorkloadPaused", "it is paused, so a new template would not be rolled out", $"Resume it (kubectl rollout resume deployment/{name} --namespace {ns}), then run the command again.")
                    : null);
            case "StatefulSet":
                V1StatefulSet set = await client.CallAsync(() => apps.ReadNamespacedStatefulSetAsync(name, ns, cancellationToken: cancel), about, cancel).ConfigureAwait(false);
                return new(reference, set.Metadata, set.Spec.Selector, Rollout.Of(set), Waits(reference, set.Spec.UpdateStrategy?.Type));
            default:
                V1DaemonSet daemons = await client.CallAsync(() => apps.ReadNamespacedDaemonSetAsync(name, ns, cancellationToken: cancel), about, cancel).ConfigureAwait(false);
                return new(reference, daemons.Metadata, daemons.Spec.Selector, Rollout.Of(daemons), Waits(reference, daemons.Spec.UpdateStrategy?.Type));
        }
    }

    private static (string, string, string)? Waits(WorkloadReference reference, string? strategy) => strategy == OnDelete
        ? ("WorkloadUpdatesOnDelete", "its update strategy is OnDelete, so its pods stay until somebody deletes them",
            $"Delete the pods of {reference} one at a time, or evict them with Repair-PodRedirection; or set its update strategy to RollingUpdate.")
        : null;
}
