namespace IstioAdmin.Core.Workloads;

/// <summary>How far a workload is.</summary>
/// <param name="Name">Its name, with its kind where that is not clear.</param>
/// <param name="Available">Pods of the current template that are available.</param>
/// <param name="Desired">Pods that there must be.</param>
/// <param name="RolledOut">Whether the controller has seen the current template and all its pods, and only those, are there and available.</param>
/// <param name="Obstacle">What is in the way, in words; null when it is rolled out.</param>
internal sealed record WorkloadState(string Name, int Available, int Desired, bool RolledOut, string? Obstacle)
{
    /// <summary>Puts what the controller counts and what the pods say together.</summary>
    /// <param name="name">How to call the workload.</param>
    /// <param name="rollout">What the controller counts.</param>
    /// <param name="pods">The pods that are the workload's own; looked at only while it is not rolled out.</param>
    public static WorkloadState Of(string name, Rollout rollout, IReadOnlyList<k8s.Models.V1Pod> pods) =>
        new(name, rollout.Available, rollout.Desired, rollout.IsDone, rollout.IsDone ? null : rollout.Obstacle ?? PodObstacle.Among(pods));

    public override string ToString() => RolledOut ? $"{Name}: rolled out" : $"{Name} ({Available} of {Desired} available): {Obstacle}";
}
