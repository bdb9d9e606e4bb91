using System.Net;
using System.Net.Sockets;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Sources;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Core.Redirection.Verdicts;

/// <summary>The interfaces and addresses that a pod's packets meet.</summary>
internal static class PodHost
{
    private static readonly IpFamily[] Families = [IpFamily.IPv4, IpFamily.IPv6];

    // RFC 5737: stands in for an address that nobody told.
    private static readonly (IpFamily, UInt128)[] Unknown = [(IpFamily.IPv4, 0xC000020A)];

    /// <summary>As they were seen in the pod; or else made of the addresses in its status; or else of one address, for nothing is known.</summary>
    public static TraceHost Of(MeshPod pod, PodRules? rules)
    {
        if (rules?.Host is { } seen && (Concerns(IpFamily.IPv4, seen) || Concerns(IpFamily.IPv6, seen)))
            return seen;
        (IpFamily, UInt128)[] addresses = [.. pod.PodIPs.SelectMany(Parse)];
        return new TraceHost([new HostInterface("eth0", addresses.Length == 0 ? Unknown : addresses)], "eth0");
    }

    /// <summary>
    /// The pod with the addresses that it really has: one that Kubernetes does not know of, such as an IPv6 address that a router announced, can be
    /// reached as well, and Istio goes by what it finds on the interfaces.
    /// </summary>
    public static MeshPod AsSeen(MeshPod pod, PodRules rules)
    {
        if (rules.Host is not { } seen)
            return pod;
        string[] more = [.. Families.Where(family => Concerns(family, seen) && !pod.PodIPs.SelectMany(Parse).Any(known => known.Item1 == family))
            .Select(family => AddressText.Of(seen.AddressesFromOutside(family).First(address => family == IpFamily.IPv4 || !IsLinkLocal(address)), family))];
        return more.Length == 0 ? pod : pod with { PodIPs = [.. pod.PodIPs, .. more] };
    }

    /// <summary>Whether the pod can be reached, and reach others, in this family; a link-local address of IPv6 alone does not count.</summary>
    public static bool Concerns(IpFamily family, TraceHost host) => host.AddressesFromOutside(family).Any(address => family == IpFamily.IPv4 || !IsLinkLocal(address));

    // fe80::/10 (RFC 4291, section 2.5.6)
    private static bool IsLinkLocal(UInt128 address) => (address >> 118) == 0b1111111010;

    private static IEnumerable<(IpFamily, UInt128)> Parse(string text)
    {
        if (!IPAddress.TryParse(text, out IPAddress? address))
            yield break;
        UInt128 value = 0;
        foreach (byte part in address.GetAddressBytes())
            value = (value << 8) | part;
        yield return (address.AddressFamily == AddressFamily.InterNetwork ? IpFamily.IPv4 : IpFamily.IPv6, value);
    }
}
