using IstioAdmin.Core.Mesh;
using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Core.Redirection.PacketPaths;

/// <summary>The other end of a connection, as the cluster knows it.</summary>
public sealed record PacketTarget
{
    /// <summary>What it is in words: <c>service shop/reviews, port 9080</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Family of the addresses.</summary>
    public required IpFamily Family { get; init; }

    /// <summary>The address that a client connects to: a service's own, a pod's, or the one that was given.</summary>
    public required string Address { get; init; }

    /// <summary>The port that a client connects to.</summary>
    public required ushort Port { get; init; }

    /// <summary>The pods that are ready to answer; the first one is followed. Empty for an address outside, and for a service that nobody serves.</summary>
    public IReadOnlyList<PacketEndpoint> Endpoints { get; init; } = [];

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>A pod that answers for a target.</summary>
/// <param name="Pod">The pod; null when the endpoint is none of the cluster's pods.</param>
/// <param name="Address">Its address.</param>
/// <param name="Port">The port that it listens on.</param>
public sealed record PacketEndpoint(MeshPod? Pod, string Address, ushort Port);
