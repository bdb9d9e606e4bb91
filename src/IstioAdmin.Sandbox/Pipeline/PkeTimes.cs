namespace IstioAdmin.Sandbox.Pipeline;

/// <summary>How long Pipeline and a cloud take for a cluster of PKE. The times are of the order that administrators see with a handful of machines.</summary>
/// <param name="speed">How many times faster than that; 1 is as slow as reality.</param>
internal sealed class PkeTimes(double speed)
{
    /// <summary>From the request until there are machines with Kubernetes on them.</summary>
    private static readonly TimeSpan RealMachines = TimeSpan.FromMinutes(12);

    /// <summary>What Pipeline sets up in a cluster that answers.</summary>
    private static readonly TimeSpan RealSetup = TimeSpan.FromMinutes(3);

    private static readonly TimeSpan RealChange = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan RealRemoval = TimeSpan.FromMinutes(5);

    public TimeSpan Machines { get; init; } = RealMachines / speed;

    public TimeSpan Setup { get; init; } = RealSetup / speed;

    /// <summary>Other node pools, or another version.</summary>
    public TimeSpan Change { get; init; } = RealChange / speed;

    public TimeSpan Removal { get; init; } = RealRemoval / speed;
}
