using System.Globalization;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;

namespace IstioAdmin.Core.Workloads;

/// <summary>Replaces the pods of a workload by new ones, as its own update strategy says: what <c>kubectl rollout restart</c> does.</summary>
public static class WorkloadRestart
{
    /// <summary>The template's annotation that a restart sets; kubectl's own, so that either sees the other's restarts.</summary>
    public const string Annotation = "kubectl.kubernetes.io/restartedAt";

    /// <summary>Checks that a workload can be restarted. Nothing in the cluster changes.</summary>
    /// <exception cref="MeshException">
    /// It does not exist (<c>ObjectNotFound</c>), is being deleted (<c>WorkloadTerminating</c>), is paused (<c>WorkloadPaused</c>), keeps its pods
    /// until they are deleted (<c>WorkloadUpdatesOnDelete</c>), or is of a kind without a rollout (<c>WorkloadNotRestartable</c>).
    /// </exception>
    public static async Task CheckAsync(MeshCluster cluster, WorkloadReference workload, CancellationToken cancel)
    {
        LiveWorkload live = await LiveWorkload.ReadAsync(cluster.Client, workload, cancel).ConfigureAwait(false);
        if (live.Metadata.DeletionTimestamp is not null)
        {
            throw new MeshException("WorkloadTerminating", FailureKind.Conflict, $"{cluster.Server}: {workload} is being deleted.",
                "Its pods go with it; there is nothing to restart.", workload);
        }
        if (live.Hindrance is { } hindrance)
            throw new MeshException(hindrance.ErrorId, FailureKind.Conflict, $"{cluster.Server}: {workload} cannot be restarted: {hindrance.What}.", hindrance.WayOut, workload);
    }

    /// <summary>Asks for the restart and does not wait for it.</summary>
    /// <exception cref="MeshException">The server refused.</exception>
    public static async Task<RestartedWorkload> StartAsync(MeshCluster cluster, WorkloadReference workload, CancellationToken cancel)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        KubeResource resource = WorkloadKind.Find(workload.Kind)!.Resource;
        var patch = new JsonObject
        {
            ["spec"] = new JsonObject
            {
                ["template"] = new JsonObject
                {
                    ["metadata"] = new JsonObject
                    {
                        ["annotations"] = new JsonObject { [Annotation] = now.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) },
                    },
                },
            },
        };
        await cluster.Client.MergePatchAsync(resource, workload.Namespace, workload.Name, patch, cancel).ConfigureAwait(false);
        LiveWorkload live = await LiveWorkload.ReadAsync(cluster.Client, workload, cancel).ConfigureAwait(false);
        return new RestartedWorkload
        {
            Cluster = cluster.Name,
            Namespace = workload.Namespace,
            Kind = workload.Kind,
            Name = workload.Name,
            RestartedAt = now,
            RolledOut = live.Rollout.IsDone,
            Available = live.Rollout.Available,
            Desired = live.Rollout.Desired,
        };
    }

    /// <summary>Waits until a restarted workload is rolled out.</summary>
    /// <param name="cluster">The cluster it is in.</param>
    /// <param name="started">What <see cref="StartAsync"/> returned.</param>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="reporter">Told about progress.</param>
    /// <param name="cancel">Stops the waiting; the restart goes on.</param>
    /// <exception cref="MeshException">
    /// Time ran out (<c>RolloutTimedOut</c>), or the deployment's own progress deadline (<c>RolloutStuck</c>); the message names what is in the way.
    /// </exception>
    public static async Task<RestartedWorkload> WaitAsync(
        MeshCluster cluster, RestartedWorkload started, TimeSpan timeout, IReporter reporter, CancellationToken cancel)
    {
        WorkloadReference workload = started.Reference;
        RolloutResult result = await RolloutWait.UntilDoneAsync(cluster.Client, workload, $"Restarting {workload}", timeout, reporter, cancel).ConfigureAwait(false);
        if (result.Live is { Rollout: { IsDone: true } rollout })
            return started with { RolledOut = true, Available = rollout.Available, Desired = rollout.Desired };
        string what = result.GaveUp ? "exceeded its progress deadline" : $"was not rolled out within {timeout.TotalSeconds:0.#} s";
        throw new MeshException(result.GaveUp ? "RolloutStuck" : "RolloutTimedOut", FailureKind.Timeout,
            $"{cluster.Server}: {workload} has been restarted but {what}. {string.Join("; ", result.Obstacles)}.",
            "The rollout goes on by itself once what is in the way is gone; -Timeout waits longer. Undo it with 'kubectl rollout undo' if need be.", workload);
    }
}
