using CsCheck;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Kernel.Tests.Judge;

/// <summary>Random first packets that a socket in one of the namespaces can send.</summary>
internal static class RandomPackets
{
    /// <summary>
    /// Packets from the pod, from the router and from the callers. Where the pod forwards, rules can send the router's packets back to it;
    /// it would take them for its own and answer past the pod, so that TCP never comes to a connection.
    /// </summary>
    public static Gen<SentPacket> Packet(Pools pools, bool forwards)
    {
        Gen<(string From, string To)> addressesOut = Gen.Frequency(
            (6, Gen.Select(Pick(pools.Eth0), Pick(pools.Remote))),
            (2, Gen.Select(Pick(pools.Eth0), Pick([.. pools.Own, .. pools.Loopback]))),
            (2, Gen.Select(Pick(pools.Loopback), Pick([.. pools.Loopback, pools.Eth0[0]]))));
        Gen<(string From, string To)> fromCallers = Gen.Select(Pick(pools.Callers), Pick(forwards ? [.. pools.Own, .. pools.Remote] : [.. pools.Own, .. pools.Own, .. pools.Remote]));
        string[] reachable = forwards ? [.. pools.Own] : [.. pools.Own, .. pools.Own, .. pools.Remote];
        Gen<(string From, string To)> fromRouter = Gen.Select(Pick(pools.Router), Pick(reachable));
        Gen<uint> id = Gen.Int[0, Pools.Ids.Length - 1].Select(i => Pools.Ids[i]);
        Gen<PacketOwner> owner = Gen.Select(id, id, id.Array[0, 2]).Select((user, group, groups) => new PacketOwner(user, group) { SupplementaryGroups = groups });
        return Gen.Frequency(
            (5, Gen.Select(addressesOut, owner).Select((a, o) => (Place.Pod, a, (PacketOwner?)o))),
            (3, fromRouter.Select(a => (Place.Router, a, (PacketOwner?)null))),
            (3, fromCallers.Select(a => (Place.Callers, a, (PacketOwner?)null)))).SelectMany((place, addresses, sender) =>
            Gen.Select(Gen.Bool.Select(tcp => tcp && !(forwards && place == Place.Router)), Gen.Int[0, Pools.Ports.Length - 1], SourcePort).Select((tcp, port, source) => new SentPacket(place, new Packet
            {
                Family = pools.Family,
                Protocol = tcp ? IpProtocol.Tcp : IpProtocol.Udp,
                Source = pools.Parse(addresses.From),
                Destination = pools.Parse(addresses.To),
                SourcePort = source,
                DestinationPort = Pools.Ports[port],
                InInterface = place == Place.Pod ? "" : place == Place.Router ? "eth0" : "net1",
                Owner = sender,
            })));
    }

    // Zero: whichever port has its turn. The others lie at the borders of what rules ask for.
    private static Gen<ushort> SourcePort { get; } = Gen.Int[0, 11].Select(i => i switch
    {
        0 => (ushort)29999,
        1 => (ushort)30000,
        2 => (ushort)39999,
        3 => (ushort)40000,
        _ => (ushort)0,
    });

    private static Gen<string> Pick(string[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);
}
