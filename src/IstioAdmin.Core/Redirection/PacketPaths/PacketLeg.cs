using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Sources;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Core.Redirection.PacketPaths;

/// <summary>What becomes of a packet in one pod.</summary>
public sealed record PacketLeg
{
    /// <summary>The pod.</summary>
    public required MeshPod Pod { get; init; }

    /// <summary>The packet as it enters the pod's rules.</summary>
    public required Packet Packet { get; init; }

    /// <summary>What becomes of it.</summary>
    public required LegVerdict Verdict { get; init; }

    /// <summary>The same as a sentence.</summary>
    public required string Text { get; init; }

    /// <summary>The rules it meets, followed one by one. Two traces where several back ends have rules and nothing tells which the kernel calls first. Empty when the pod has none, or they could not be read.</summary>
    public IReadOnlyList<PacketTrace> Traces { get; init; } = [];

    /// <summary>What was read; null when it could not be.</summary>
    public PodRules? Rules { get; init; }

    /// <summary>Why the rules could not be read; null when they could.</summary>
    public MeshException? Failure { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Text;
}

/// <summary>What becomes of a packet in one pod.</summary>
public enum LegVerdict
{
    /// <summary>It enters the proxy, which opens it and sends it on as its own.</summary>
    Proxied,

    /// <summary>It is DNS and goes to the proxy's agent.</summary>
    Dns,

    /// <summary>It passes the proxy by.</summary>
    Direct,

    /// <summary>It is dropped or rejected.</summary>
    Blocked,

    /// <summary>The rules could not be read, or have something that is not understood.</summary>
    Unknown,
}
