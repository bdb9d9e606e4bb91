using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Model.Targets;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Kernel.Tests.Judge;

/// <summary>Whether what the kernel did is what the tracer said.</summary>
internal static class Verdict
{
    /// <param name="sent">The packet.</param>
    /// <param name="traced">What the tracer said; not that it cannot tell.</param>
    /// <param name="path">How it came to that.</param>
    /// <param name="seen">What the kernel did.</param>
    public static bool Agrees(SentPacket sent, TraceOutcome traced, IEnumerable<TraceStep> path, Observation seen) => traced switch
    {
        TraceOutcome.Delivered delivered => seen is Observation.Arrived { At: Place.Pod } arrived && IsDelivery(sent, delivered, path, arrived),
        TraceOutcome.Sent away when seen is Observation.Arrived { At: Place.Router } arrived =>
            Within(arrived.Destination.Address, away.Address, away.AddressLast)
            && Within(arrived.Destination.Port, away.Port, away.PortLast)
            && arrived.Listener == arrived.Destination.Port,
        // Whoever gets a packet from ::1 by a wire must drop it (RFC 4291, 2.5.3), and the router does; rules of the pod let it go.
        TraceOutcome.Sent when seen is Observation.Silence => sent.Packet.Family == IpFamily.IPv6 && sent.Packet.Source == UInt128.One,
        TraceOutcome.Sent => false,
        // Routing, unlike a rule, may tell the sender that there is no way.
        TraceOutcome.Dropped { Table: "routing" } => seen is Observation.Silence or Observation.Refused { Error: 101 },
        TraceOutcome.Dropped => seen is Observation.Silence,
        TraceOutcome.Rejected rejected => seen is Observation.Refused refused && refused.Error == Error(rejected.With),
        _ => throw new ArgumentOutOfRangeException(nameof(traced)),
    };

    private static bool IsDelivery(SentPacket sent, TraceOutcome.Delivered delivered, IEnumerable<TraceStep> path, Observation.Arrived arrived)
    {
        if (!Within(arrived.Listener, delivered.Port, delivered.PortLast) || !Within(arrived.Destination.Address, delivered.Address, delivered.AddressLast))
            return false;
        // Destination NAT writes the port into the packet, TPROXY does not.
        if (arrived.Destination.Port != arrived.Listener && !path.Any(step => step is { Matched: true, Rule.Target: TproxyTarget }))
            return false;
        // The kernel remembers where a connection wanted to go for each one that it tracks.
        return arrived.Original is null ? delivered.By?.Target is not (RedirectTarget or DnatTarget) || sent.Packet.Protocol.Number != 6 : arrived.Original == sent.Destination;
    }

    private static bool Within(UInt128 value, UInt128 first, UInt128 last) => value >= first && value <= last;

    /// <summary>The error that a sender gets for a message (net/ipv4/icmp.c, icmp_err_convert; net/ipv6/icmp.c, tab_unreach; RST for tcp-reset).</summary>
    private static int Error(string with) => with switch
    {
        "icmp-net-unreachable" or "icmp-net-prohibited" or "icmp6-no-route" => 101, // ENETUNREACH
        "icmp-host-unreachable" or "icmp-host-prohibited" or "icmp-admin-prohibited" or "icmp6-addr-unreachable" => 113, // EHOSTUNREACH
        "icmp-proto-unreachable" => 92, // ENOPROTOOPT
        "icmp6-adm-prohibited" or "icmp6-policy-fail" or "icmp6-reject-route" => 13, // EACCES
        _ => 111, // ECONNREFUSED
    };
}
