using k8s.Models;

namespace IstioAdmin.Core.Workloads;

/// <summary>What a controller counts of a rollout, by the rules of <c>kubectl rollout status</c>.</summary>
/// <param name="IsDone">Whether all pods of the current template, and only those, are there and available.</param>
/// <param name="Available">Pods of the current template that are available.</param>
/// <param name="Desired">Pods that there must be.</param>
/// <param name="Obstacle">What the controller itself says is in the way; null when only the pods can tell.</param>
/// <remarks>Rules: kubernetes/kubectl pkg/polymorphichelpers/rollout_status.go.</remarks>
internal sealed record Rollout(bool IsDone, int Available, int Desired, string? Obstacle)
{
    /// <summary>Whether the controller has given up waiting for pods (a deployment's <c>progressDeadlineSeconds</c>).</summary>
    public bool GaveUp { get; init; }

    /// <summary>A deployment's rollout.</summary>
    public static Rollout Of(V1Deployment deployment)
    {
        int desired = deployment.Spec.Replicas ?? 1;
        V1DeploymentStatus? status = deployment.Status;
        int available = Math.Min(status?.AvailableReplicas ?? 0, status?.UpdatedReplicas ?? 0);
        if (status?.ObservedGeneration is not { } seen || seen < deployment.Metadata.Generation)
            return new Rollout(false, available, desired, "the deployment controller has not seen it yet");
        bool done = (status.UpdatedReplicas ?? 0) >= desired
            && (status.Replicas ?? 0) <= (status.UpdatedReplicas ?? 0)
            && (status.AvailableReplicas ?? 0) >= (status.UpdatedReplicas ?? 0);
        V1DeploymentCondition? refused = status.Conditions?.FirstOrDefault(condition => condition is { Type: "ReplicaFailure", Status: "True" });
        return new Rollout(done, available, desired, refused is null ? null : $"its pods cannot be created: {refused.Reason}: {refused.Message}")
        {
            GaveUp = !done && status.Conditions?.Any(condition => condition is { Type: "Progressing", Reason: "ProgressDeadlineExceeded" }) == true,
        };
    }

    /// <summary>A stateful set's rollout; with a partition, that of the pods behind it.</summary>
    public static Rollout Of(V1StatefulSet set)
    {
        int desired = set.Spec.Replicas ?? 1;
        V1StatefulSetStatus? status = set.Status;
        int ready = status?.ReadyReplicas ?? 0;
        if (status?.ObservedGeneration is not > 0 || status.ObservedGeneration < set.Metadata.Generation)
            return new Rollout(false, ready, desired, "the stateful set controller has not seen it yet");
        int partition = set.Spec.UpdateStrategy?.RollingUpdate?.Partition ?? 0;
        int updated = status.UpdatedReplicas ?? 0;
        bool done = ready >= desired && (partition > 0 ? updated >= desired - partition : status.UpdateRevision == status.CurrentRevision);
        // Before its last step an update counts no ready pods of its own; those that are both can be no more than either.
        return new Rollout(done, done ? ready : Math.Min(ready, updated), desired, null);
    }

    /// <summary>A daemon set's rollout.</summary>
    public static Rollout Of(V1DaemonSet set)
    {
        V1DaemonSetStatus? status = set.Status;
        int desired = status?.DesiredNumberScheduled ?? 0;
        int available = Math.Min(status?.NumberAvailable ?? 0, status?.UpdatedNumberScheduled ?? 0);
        if (status?.ObservedGeneration is not { } seen || seen < set.Metadata.Generation)
            return new Rollout(false, available, desired, "the daemon set controller has not seen it yet");
        return new Rollout((status.UpdatedNumberScheduled ?? 0) >= desired && (status.NumberAvailable ?? 0) >= desired, available, desired, null);
    }
}
