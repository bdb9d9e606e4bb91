using IstioAdmin.Sandbox.Nodes;
using IstioAdmin.Sandbox.Operators;
using IstioAdmin.Sandbox.Snapshots;

namespace IstioAdmin.Sandbox.Serving;

/// <summary>What a cluster of the sandbox is like.</summary>
internal sealed record ClusterOptions
{
    /// <summary>Its name, which is that of its context as well.</summary>
    public string Name { get; init; } = "sandbox";

    /// <summary>Its nodes.</summary>
    public NodeOptions Nodes { get; init; } = new();

    /// <summary>How long operators take.</summary>
    public OperatorTimes Times { get; init; } = new();

    /// <summary>The port of its API on loopback; 0 for any free one.</summary>
    public int Port { get; init; }

    /// <summary>The state to begin with; null for a new cluster.</summary>
    public ClusterState? State { get; init; }
}
