using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Tracing;

/// <summary>
/// Addresses that a packet from the wire must not carry (net/ipv4/route.c, ip_route_input_slow and fib_validate_source;
/// net/ipv6/ip6_input.c, ip6_rcv_core), with the kernel's defaults: no route_localnet, no accept_local.
/// </summary>
internal static class Martians
{
    /// <summary>Destinations that the kernel drops.</summary>
    public static IEnumerable<Interval> Destinations(IpFamily family) =>
        [family == IpFamily.IPv4 ? TraceHost.LoopbackNet : new Interval(UInt128.One, UInt128.One)];

    /// <summary>Sources that the kernel drops. IPv4 takes none of its own addresses back from outside; IPv6 does not look.</summary>
    public static IEnumerable<Interval> Sources(IpFamily family, TraceHost host) => family == IpFamily.IPv4
        ? [.. host.LocalAddresses(family), new Interval(0, 0x00FFFFFF), new Interval(0xE0000000, 0xEFFFFFFF), new Interval(uint.MaxValue, uint.MaxValue)]
        : [new Interval(UInt128.One, UInt128.One), new Interval((UInt128)0xFF << 120, UInt128.MaxValue)];
}
