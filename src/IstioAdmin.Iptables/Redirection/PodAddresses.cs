using System.Net;
using System.Net.Sockets;

namespace IstioAdmin.Iptables.Redirection;

/// <summary>What upstream concludes from the addresses of a pod.</summary>
public static class PodAddresses
{
    /// <summary>
    /// Whether today's program writes IPv6 rules: when the pod's first address is of that family or, for dual stack, any is.
    /// Loopback and link-local addresses do not count. (istio/istio: tools/common/config/config.go, getLocalIP.)
    /// </summary>
    /// <param name="addresses">The addresses of all interfaces in their order.</param>
    /// <param name="dualStack">The setting <c>--dual-stack</c> (ISTIO_DUAL_STACK).</param>
    public static bool UseIPv6(IEnumerable<IPAddress> addresses, bool dualStack)
    {
        IEnumerable<bool> isIPv6 = addresses
            .Select(address => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address)
            .Where(address => !IPAddress.IsLoopback(address) && !IsLinkLocal(address))
            .Select(address => address.AddressFamily == AddressFamily.InterNetworkV6);
        return dualStack ? isIPv6.Any(six => six) : isIPv6.FirstOrDefault();
    }

    // 169.254.0.0/16 and 224.0.0.0/24; fe80::/10 and ff02::/16 with any flags.
    private static bool IsLinkLocal(IPAddress address)
    {
        byte[] bytes = address.GetAddressBytes();
        return bytes.Length == 4
            ? (bytes[0] == 169 && bytes[1] == 254) || (bytes[0] == 224 && bytes[1] == 0 && bytes[2] == 0)
            : address.IsIPv6LinkLocal || (bytes[0] == 0xff && (bytes[1] & 0x0f) == 2);
    }
}
