namespace IstioAdmin.Core.Workloads;

/// <summary>How waiting for a rollout ended.</summary>
/// <param name="Live">The workload as it was seen last; null when the server did not answer in time.</param>
/// <param name="GaveUp">Whether its controller has given up (a deployment's <c>progressDeadlineSeconds</c>).</param>
/// <param name="Obstacles">What is in the way; empty when it is rolled out.</param>
internal sealed record RolloutResult(LiveWorkload? Live, bool GaveUp, IReadOnlyList<string> Obstacles);
