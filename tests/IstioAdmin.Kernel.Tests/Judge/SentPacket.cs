using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Kernel.Tests.Judge;

/// <summary>A packet and the namespace whose socket sends it.</summary>
internal sealed record SentPacket(Place From, Packet Packet)
{
    public SocketAddress Source => new(Packet.Family, Packet.Source, Packet.SourcePort);

    public SocketAddress Destination => new(Packet.Family, Packet.Destination, Packet.DestinationPort);

    public override string ToString()
    {
        string owner = Packet.Owner is { } o ? $" by uid {o.User} gid {o.Group} groups {string.Join(',', o.SupplementaryGroups)}" : $" in by {Packet.InInterface}";
        return $"{Packet.Protocol} {Source} -> {Destination}{owner}";
    }
}
