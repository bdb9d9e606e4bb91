using System.Globalization;
using System.Net;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Sandbox.Nodes;

/// <summary>First packets of connections, followed through pods' rules; each rule that one meets counts it.</summary>
internal static class PodPackets
{
    /// <summary>The port that clients connect from.</summary>
    public const ushort ClientPort = 40000;

    /// <summary>User and group of the proxy, which the rules let through (<c>tools/packaging/common/istio-iptables.sh</c> and its successors).</summary>
    public static readonly PacketOwner Proxy = new(1337, 1337);

    /// <summary>A packet of a pod's process.</summary>
    /// <param name="network">The pod's network.</param>
    /// <param name="destination">Where to.</param>
    /// <param name="port">Which port there.</param>
    /// <param name="owner">Whose process it is.</param>
    public static Packet From(PodNetwork network, UInt128 destination, ushort port, PacketOwner owner) => new()
    {
        Family = IpFamily.IPv4,
        Source = Number(network.Address)!.Value,
        SourcePort = ClientPort,
        Destination = destination,
        DestinationPort = port,
        Owner = owner,
    };

    /// <summary>What becomes of it on its way out of the pod.</summary>
    public static TraceOutcome Leave(PodNetwork network, Packet packet)
    {
        var steps = new List<TraceStep>();
        TraceOutcome outcome = new PacketTracer(network.Ruleset(IpFamily.IPv4), network.Host()).Outbound(packet, steps);
        network.Count(IpFamily.IPv4, steps);
        return outcome;
    }

    /// <summary>What becomes of it on its way into a pod.</summary>
    /// <param name="network">The network of the pod that it comes to.</param>
    /// <param name="packet">The packet as it was sent.</param>
    /// <param name="port">The port that it comes to.</param>
    public static TraceOutcome Arrive(PodNetwork network, Packet packet, ushort port)
    {
        var steps = new List<TraceStep>();
        Packet arriving = packet with { Destination = Number(network.Address)!.Value, DestinationPort = port, Owner = null, InInterface = "eth0" };
        TraceOutcome outcome = new PacketTracer(network.Ruleset(IpFamily.IPv4), network.Host()).Inbound(arriving, steps);
        network.Count(IpFamily.IPv4, steps);
        return outcome;
    }

    /// <summary>An IPv4 address as a number; null when it is none.</summary>
    public static UInt128? Number(string address)
    {
        string[] parts = address.Split('.');
        if (parts.Length != 4)
            return null;
        uint value = 0;
        foreach (string part in parts)
        {
            if (!byte.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out byte one))
                return null;
            value = (value << 8) | one;
        }
        return value;
    }

    /// <summary>An IPv4 address as text.</summary>
    public static string Text(UInt128 address) =>
        new IPAddress([(byte)(address >> 24), (byte)(address >> 16), (byte)(address >> 8), (byte)address]).ToString();
}
