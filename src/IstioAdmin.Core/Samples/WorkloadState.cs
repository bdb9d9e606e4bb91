namespace IstioAdmin.Core.Samples;

/// <summary>How far a deployment is.</summary>
/// <param name="Name">Name of the deployment.</param>
/// <param name="Available">Pods of the current template that are available.</param>
/// <param name="Desired">Pods that there must be.</param>
/// <param name="RolledOut">Whether the controller has seen the current template and all its pods, and only those, are there and available.</param>
/// <param name="Obstacle">What is in the way, in words; null when it is rolled out.</param>
internal sealed record WorkloadState(string Name, int Available, int Desired, bool RolledOut, string? Obstacle)
{
    public override string ToString() => RolledOut ? $"{Name}: rolled out" : $"{Name} ({Available} of {Desired} available): {Obstacle}";
}
