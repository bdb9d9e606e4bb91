using IstioAdmin.Core.Kube;

namespace IstioAdmin.Core.Workloads;

/// <summary>A kind of controller that makes pods, and what can be done with it.</summary>
/// <param name="Resource">Where it is kept.</param>
/// <param name="Names">What people call it, besides its kind: what kubectl takes.</param>
/// <param name="WayOut">Null when it rolls out its template anew; otherwise what to do instead, as a sentence.</param>
internal sealed record WorkloadKind(KubeResource Resource, IReadOnlyList<string> Names, string? WayOut = null)
{
    public static WorkloadKind Deployment { get; } = new(new("apps", "v1", "deployments", "Deployment", true), ["deployment", "deployments", "deploy"]);

    public static WorkloadKind StatefulSet { get; } = new(new("apps", "v1", "statefulsets", "StatefulSet", true), ["statefulset", "statefulsets", "sts"]);

    public static WorkloadKind DaemonSet { get; } = new(new("apps", "v1", "daemonsets", "DaemonSet", true), ["daemonset", "daemonsets", "ds"]);

    public static WorkloadKind ReplicaSet { get; } = new(new("apps", "v1", "replicasets", "ReplicaSet", true), ["replicaset", "replicasets", "rs"],
        "A ReplicaSet has no rollout: delete its pods one at a time, and it makes new ones; or let a Deployment own it.");

    public static WorkloadKind ReplicationController { get; } = new(new("", "v1", "replicationcontrollers", "ReplicationController", true), ["replicationcontroller", "replicationcontrollers", "rc"],
        "A ReplicationController has no rollout: delete its pods one at a time, and it makes new ones; or replace it by a Deployment.");

    public static WorkloadKind Job { get; } = new(new("batch", "v1", "jobs", "Job", true), ["job", "jobs"],
        "The work of a Job would be done again: delete the Job and create it anew if that is meant. The pods of its next run start with today's rules.");

    public static WorkloadKind CronJob { get; } = new(new("batch", "v1", "cronjobs", "CronJob", true), ["cronjob", "cronjobs", "cj"],
        "The pods of the CronJob's next run start anew anyway.");

    public static IReadOnlyList<WorkloadKind> All { get; } = [Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob];

    /// <summary>The kind that is called so; null when it is none of these.</summary>
    public static WorkloadKind? Find(string name) => All.FirstOrDefault(kind => kind.Names.Contains(name, StringComparer.OrdinalIgnoreCase));
}
