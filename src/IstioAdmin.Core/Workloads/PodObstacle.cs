using k8s.Models;

namespace IstioAdmin.Core.Workloads;

/// <summary>Says in words why a pod is not ready, from its own status.</summary>
internal static class PodObstacle
{
    // What every container says while it is being started; it explains nothing.
    private static readonly string[] Starting = ["ContainerCreating", "PodInitializing"];

    /// <summary>Whether the pod is ready to serve.</summary>
    public static bool IsReady(V1Pod pod) =>
        pod.Status?.Conditions?.Any(condition => condition is { Type: "Ready", Status: "True" }) == true;

    /// <summary>Whether the kubelet is still starting the pod and has said nothing of a failure; then only events can tell what holds it up.</summary>
    public static bool IsStarting(V1Pod pod) =>
        pod.Spec?.NodeName is not null && Statuses(pod).All(status => status.State?.Terminated is null && (status.State?.Waiting is not { } waiting || Starting.Contains(waiting.Reason)))
        && !IsReady(pod);

    /// <summary>The obstacle.</summary>
    public static string Describe(V1Pod pod)
    {
        string name = pod.Metadata.Name;
        if (pod.Status?.Conditions?.FirstOrDefault(condition => condition is { Type: "PodScheduled", Status: "False" }) is { } unscheduled)
            return $"pod {name} cannot be scheduled: {Sentence(unscheduled.Reason, unscheduled.Message)}";
        if (string.IsNullOrEmpty(pod.Spec?.NodeName))
            return $"pod {name} has not been scheduled to a node yet";
        if (pod.Status?.Phase == "Failed")
            return $"pod {name} failed: {Sentence(pod.Status.Reason, pod.Status.Message)}";
        foreach (V1ContainerStatus status in Statuses(pod))
        {
            if (Describe(status) is { } trouble)
                return $"pod {name}: {trouble}";
        }
        V1ContainerStatus? unready = (pod.Status?.ContainerStatuses ?? []).FirstOrDefault(status => !status.Ready && status.State?.Running is not null);
        return unready is null
            ? $"pod {name} is being started on node {pod.Spec.NodeName}"
            : $"pod {name}: container {unready.Name} runs but is not ready";
    }

    /// <summary>The obstacle of a workload, by its pods.</summary>
    /// <param name="pods">The workload's own pods, those that are ending among them.</param>
    public static string Among(IReadOnlyList<V1Pod> pods)
    {
        V1Pod? stuck = pods.Where(pod => pod.Metadata.DeletionTimestamp is null && !IsReady(pod)).MaxBy(pod => pod.Metadata.CreationTimestamp);
        if (stuck is not null)
            return Describe(stuck);
        if (pods.FirstOrDefault(pod => pod.Metadata.DeletionTimestamp is not null) is { } ending)
            return $"pod {ending.Metadata.Name} of the previous template is still ending";
        return pods.Count == 0 ? "its pods have not been created yet" : "its pods are ready but not counted as available yet";
    }

    private static string? Describe(V1ContainerStatus status) => status.State switch
    {
        { Waiting: { } waiting } when Starting.Contains(waiting.Reason) || waiting.Reason is null => null,
        { Waiting: { Reason: "CrashLoopBackOff" } } =>
            $"container {status.Name} keeps failing (CrashLoopBackOff, {status.RestartCount} restarts{Ending(status.LastState?.Terminated)})",
        { Waiting: { } waiting } => $"container {status.Name}: {Sentence($"{waiting.Reason} (image {status.Image})", waiting.Message)}",
        { Terminated: { ExitCode: not 0 } terminated } => $"container {status.Name} failed{Ending(terminated)}",
        _ => null,
    };

    private static string Ending(V1ContainerStateTerminated? terminated) =>
        terminated is null ? "" : $", last exit code {terminated.ExitCode}{(terminated.Reason is null ? "" : $" {terminated.Reason}")}";

    private static IEnumerable<V1ContainerStatus> Statuses(V1Pod pod) =>
        (pod.Status?.InitContainerStatuses ?? []).Concat(pod.Status?.ContainerStatuses ?? []);

    private static string Sentence(string? reason, string? message) => (reason, message) switch
    {
        ({ Length: > 0 }, { Length: > 0 }) => $"{reason}: {message.Trim()}",
        ({ Length: > 0 }, _) => reason,
        (_, { Length: > 0 }) => message.Trim(),
        _ => "no reason given",
    };
}
