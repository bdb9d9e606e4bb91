using IstioAdmin.Testing;

namespace IstioAdmin.Cluster.Tests.Redirection;

/// <summary>A packet to send for real, and where it must end: <c>proxy 15006</c>, <c>app 9080</c>, <c>outside 80</c>, <c>refused</c>, <c>timeout</c>.</summary>
/// <param name="Inbound">Whether it comes to the pod from the wire, or the pod sends it.</param>
/// <param name="Packet">The packet; the destinations <c>pod</c> and <c>pod6</c> stand for the pod's addresses.</param>
/// <param name="End">Where it ends.</param>
internal sealed record Sent(bool Inbound, TestPacket Packet, string End)
{
    private const uint Proxy = 1337;

    /// <summary>A connection from the wire.</summary>
    public static Sent In(int port, string end, string? from = null, int? sourcePort = null) =>
        new(true, new TestPacket("pod", port) { Source = from ?? "192.0.2.1", SourcePort = sourcePort }, end);

    /// <summary>A connection from the wire by IPv6.</summary>
    public static Sent In6(int port, string end, string? from = null) => new(true, new TestPacket("pod6", port) { Source = from ?? "2001:db8::1" }, end);

    /// <summary>A connection of the application.</summary>
    public static Sent Out(string to, int port, string end, uint user = PodShape.AppUser, uint group = PodShape.AppUser) =>
        new(false, new TestPacket(to, port) { User = user, Group = group }, end);

    /// <summary>A datagram of the application.</summary>
    public static Sent Datagram(string to, int port, string end, uint user = PodShape.AppUser) =>
        new(false, new TestPacket(to, port) { User = user, Group = user, Udp = true }, end);

    /// <summary>A connection of the proxy.</summary>
    public static Sent OfProxy(string to, int port, string end, string? from = null) =>
        new(false, new TestPacket(to, port) { User = Proxy, Group = Proxy, Source = from }, end);

    /// <summary>The packet to a pod.</summary>
    public TestPacket To(PodNetwork pod) => Packet with
    {
        Destination = Packet.Destination switch { "pod" => pod.IPv4, "pod6" => pod.IPv6 ?? throw new InvalidOperationException("This machine has no IPv6."), var other => other },
        // What gets no answer is known to after a moment; an answer may take longer on a busy machine.
        Patience = TimeSpan.FromSeconds(End is "timeout" ? 0.4 : 5),
    };

    /// <inheritdoc/>
    public override string ToString() => $"{(Inbound ? "in" : "out")} {Packet}: {End}";
}
