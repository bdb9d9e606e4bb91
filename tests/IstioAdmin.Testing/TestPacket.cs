using System.Globalization;

namespace IstioAdmin.Testing;

/// <summary>A TCP connection or a UDP datagram that a test really makes, from a pod or from outside it (<see cref="PodNetwork.SendAsync"/>).</summary>
/// <param name="Destination">Address, of either family.</param>
/// <param name="Port">Destination port.</param>
public sealed record TestPacket(string Destination, int Port)
{
    /// <summary>Whether it is a datagram.</summary>
    public bool Udp { get; init; }

    /// <summary>Its source address, which may be any; null for the one that routing picks.</summary>
    public string? Source { get; init; }

    /// <summary>Its source port; null for any.</summary>
    public int? SourcePort { get; init; }

    /// <summary>The user id that netfilter sees.</summary>
    public uint User { get; init; }

    /// <summary>The group id that netfilter sees.</summary>
    public uint Group { get; init; }

    /// <summary>The mark of its socket.</summary>
    public uint Mark { get; init; }

    /// <summary>How long an answer may take.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The packet as the program <c>endpoint</c> reads it (tests/testbed/endpoint.c).</summary>
    internal string Line => string.Create(
        CultureInfo.InvariantCulture,
        $"{(Udp ? "udp" : "tcp")} {User} {Group} {Source ?? "-"} {(SourcePort is { } port ? port : "-")} {Destination} {Port} {(Mark == 0 ? "-" : Mark)} {(long)Patience.TotalMilliseconds}\n");

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{(Udp ? "udp" : "tcp")} from {Source ?? "anywhere"} uid {User} gid {Group} to {Destination} port {Port}");
}
