using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Model.Matches;

namespace IstioAdmin.Iptables.Tracing;

/// <summary>What routing takes an address for (net/netfilter/xt_addrtype.c). Types that depend on routes we do not know stay unknown.</summary>
internal static class AddressTypes
{
    /// <summary>Answers an addrtype match.</summary>
    public static Fit Test(AddressTypeMatch match, PacketState packet, TraceHost host)
    {
        if (match.LimitToInInterface || match.LimitToOutInterface)
            return Fit.Unknown;
        Fit fit = Fit.Yes;
        if (match.Source is { } source)
            fit = Condition.Negate(Test(source.Value, packet.Packet.Family, packet.Source, packet.SourceLast, host), source.Negated);
        if (match.Destination is not { } destination)
            return fit;
        Fit to = Test(destination.Value, packet.Packet.Family, packet.Destination, packet.DestinationLast, host);
        return Condition.Both(fit, Condition.Negate(to, destination.Negated));
    }

    private static Fit Test(string types, IpFamily family, UInt128 first, UInt128 last, TraceHost host) =>
        first == last ? Test(types, family, first, host) : Fit.Unknown;

    private static Fit Test(string types, IpFamily family, UInt128 address, TraceHost host)
    {
        if (family == IpFamily.IPv6)
            return TestIPv6(types, address, host);
        Fit any = Fit.No;
        foreach (string type in types.Split(','))
        {
            Fit one = type switch
            {
                "LOCAL" => host.IsLocal(family, address) ? Fit.Yes : Fit.No,
                "MULTICAST" => IsMulticast(family, address) ? Fit.Yes : Fit.No,
                // Unicast to IPv4's routing means: neither local nor multicast nor broadcast, which needs the routes.
                "UNICAST" when host.IsLocal(family, address) || IsMulticast(family, address) => Fit.No,
                "BROADCAST" when host.IsLocal(family, address) || IsMulticast(family, address) => Fit.No,
                "BROADCAST" when address == uint.MaxValue => Fit.Yes,
                _ => Fit.Unknown,
            };
            if (one == Fit.Yes)
                return Fit.Yes;
            if (one == Fit.Unknown)
                any = Fit.Unknown;
        }
        return any;
    }

    /// <summary>
    /// IPv6 has one route lookup for several types, and two types that are a matter of the address alone: several types together are a
    /// choice within the former, and a further condition for each of the latter (xt_addrtype.c, match_type6).
    /// </summary>
    private static Fit TestIPv6(string types, UInt128 address, TraceHost host)
    {
        bool multicast = IsMulticast(IpFamily.IPv6, address);
        bool routed = false;
        Fit route = Fit.No;
        foreach (string type in types.Split(','))
        {
            switch (type)
            {
                case "UNICAST" when multicast:
                case "MULTICAST" when !multicast:
                    return Fit.No;
                case "UNICAST" or "MULTICAST":
                    break;
                case "LOCAL":
                    routed = true;
                    route = host.IsLocal(IpFamily.IPv6, address) ? Fit.Yes : route;
                    break;
                default:
                    routed = true;
                    route = route == Fit.Yes ? route : Fit.Unknown;
                    break;
            }
        }
        return routed ? route : Fit.Yes;
    }

    private static bool IsMulticast(IpFamily family, UInt128 address) =>
        family == IpFamily.IPv4 ? (uint)address >> 28 == 0xE : address >> 120 == 0xFF;
}
