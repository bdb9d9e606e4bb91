using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Kernel.Tests.Judge;

/// <summary>
/// The addresses, ports and ids that rules and packets share, so that they meet; and the pod as the tracer is told about it.
/// A router stands behind eth0, where the default route leads; net1 is a second network whose machines only call the pod.
/// </summary>
internal sealed class Pools
{
    private Pools(IpFamily family) => Family = family;

    public static Pools IPv4 { get; } = new(IpFamily.IPv4)
    {
        Eth0 = ["10.244.7.5", "10.244.7.6"],
        Net1 = ["10.245.1.5"],
        Loopback = ["127.0.0.1", "127.0.0.6"],
        Router = ["10.244.7.9", "192.0.2.9"],
        Callers = ["10.245.1.9", "10.245.2.9"],
        Remote = ["10.96.0.1", "10.96.0.4", "203.0.113.80", "10.244.7.8"],
        Prefixes = ["10.244.7.5/32", "10.244.7.0/24", "10.96.0.0/16", "127.0.0.1/32", "127.0.0.6/32", "10.244.0.0/15", "0.0.0.0/0", "10.0.7.0/255.0.255.0", "0.0.0.0/1", "10.245.1.9/32", "10.0.0.0/8"],
        Ranges = ["10.244.7.5-10.244.7.8", "10.96.0.1-10.96.0.3", "10.244.7.6-10.245.1.9", "127.0.0.0-127.0.0.5", "0.0.0.0-255.255.255.255"],
        RemoteRange = "10.96.0.1-10.96.0.4",
        MixedRange = "10.244.7.4-10.244.7.7",
        LocalRange = "10.244.7.5-10.244.7.6",
    };

    public static Pools IPv6 { get; } = new(IpFamily.IPv6)
    {
        Eth0 = ["fd00::5", "fd00::6"],
        Net1 = ["fd01::5"],
        Loopback = ["::1"],
        Router = ["fd00::9", "2001:db8:9::9"],
        Callers = ["fd01::9", "fd01:0:0:2::9"],
        Remote = ["2001:db8::1", "2001:db8::4", "fd96::80", "fd00::8"],
        Prefixes = ["fd00::5/128", "fd00::/64", "2001:db8::/32", "::1/128", "fd00::/15", "::/0", "fd00::8/ffff::ffff", "8000::/1", "fd01::9/128", "fd00::/8"],
        Ranges = ["fd00::5-fd00::8", "2001:db8::1-2001:db8::3", "fd00::6-fd01::9", "::-::5", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
        RemoteRange = "2001:db8::1-2001:db8::4",
        MixedRange = "fd00::4-fd00::7",
        LocalRange = "fd00::5-fd00::6",
    };

    public static Pools Of(IpFamily family) => family == IpFamily.IPv4 ? IPv4 : IPv6;

    public IpFamily Family { get; }

    /// <summary>The pod's addresses on the interface of its default route; the first one is the primary one.</summary>
    public required string[] Eth0 { get; init; }

    /// <summary>Its address on the second interface.</summary>
    public required string[] Net1 { get; init; }

    /// <summary>Addresses of the loopback device.</summary>
    public required string[] Loopback { get; init; }

    /// <summary>Addresses from which the router behind eth0 sends.</summary>
    public required string[] Router { get; init; }

    /// <summary>Addresses from which the machines behind net1 send.</summary>
    public required string[] Callers { get; init; }

    /// <summary>Addresses for which the router answers, as it does for any other.</summary>
    public required string[] Remote { get; init; }

    /// <summary>What <c>-s</c> and <c>-d</c> ask for.</summary>
    public required string[] Prefixes { get; init; }

    /// <summary>What iprange asks for.</summary>
    public required string[] Ranges { get; init; }

    /// <summary>A range for NAT that lies outside.</summary>
    public required string RemoteRange { get; init; }

    /// <summary>A range for NAT of which a part is the pod's own.</summary>
    public required string MixedRange { get; init; }

    /// <summary>A range for NAT that is the pod's own.</summary>
    public required string LocalRange { get; init; }

    public IEnumerable<string> Own => Eth0.Concat(Net1);

    /// <summary>Ports that packets are sent to.</summary>
    public static ushort[] Ports { get; } = [1, 22, 53, 79, 80, 81, 443, 1023, 1024, 9080, 15001, 15006, 15020, 15053, 65535];

    /// <summary>What port matches ask for.</summary>
    public static string[] PortRanges { get; } = ["22", "53", "80", "80:1024", "1:65535", "9080", "15006", "65535", "0:79", "15000:15100"];

    /// <summary>Where NAT may lead, besides the ports themselves.</summary>
    public static string[] NatRanges { get; } = ["80-90", "15001-15010", "79-81"];

    /// <summary>Each port that can be reached has a listener.</summary>
    public static ushort[] Listening { get; } = [.. Ports.Concat(Span(79, 90)).Concat(Span(15001, 15010)).Distinct()];

    /// <summary>What matches of the source port ask for; packets are sent from 20000 to 59999.</summary>
    public static string[] SourcePortRanges { get; } = ["1:29999", "30000", "30000:39999", "40000:65535", "20000:59999", "1024:2000"];

    /// <summary>A source port that fits the same <see cref="SourcePortRanges"/>; the port itself where there is no other.</summary>
    /// <param name="port">The port.</param>
    /// <param name="number">Which of them.</param>
    public static ushort AnotherPort(ushort port, uint number)
    {
        if (port is 29999 or 30000 or 39999 or 40000)
            return port;
        (int first, int last) = port < 30000 ? (20000, 29998) : port < 40000 ? (30001, 39998) : (40001, 59999);
        return (ushort)(first + ((port - first + (number * 17)) % (last - first + 1)));
    }

    public static uint[] Ids { get; } = [0, 1, 999, 1000, 1336, 1337, 1338, 65534, uint.MaxValue - 1];

    public static string[] IdRanges { get; } = ["0", "1337", "1000-1337", "0-999", "1338-4294967294"];

    public TraceHost Host(bool forwards) => new(
        [
            new HostInterface("eth0", [.. Eth0.Select(a => (Family, Parse(a)))]),
            new HostInterface("net1", [.. Net1.Select(a => (Family, Parse(a)))]),
        ],
        "eth0")
    {
        Forwards = forwards,
    };

    public UInt128 Parse(string address) =>
        AddressPattern.TryParseAddress(address, Family, out UInt128 value) ? value : throw new FormatException(address);

    private static IEnumerable<ushort> Span(int first, int last) => Enumerable.Range(first, last - first + 1).Select(port => (ushort)port);
}
