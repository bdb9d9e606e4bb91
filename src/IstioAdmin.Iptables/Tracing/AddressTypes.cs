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
            fit = Condition.Negate(Test(source.Value, packet.Packet.Family, packet.Source, host), source.Negated);
        if (match.Destination is not { } destination)
            return fit;
        Fit to = packet.Destination == packet.DestinationLast
            ? Test(destination.Value, packet.Packet.Family, packet.Destination, host)
            : Fit.Unknown;
        return Condition.Both(fit, Condition.Negate(to, destination.Negated));
    }

    private static Fit Test(string types, IpFamily family, UInt128 address, TraceHost host)
    {
        Fit any = Fit.No;
        foreach (string type in types.Split(','))
        {
            Fit one = type switch
            {
                "LOCAL" => host.IsLocal(family, address) ? Fit.Yes : Fit.No,
                "MULTICAST" => IsMulticast(family, address) ? Fit.Yes : Fit.No,
                // Unicast to IPv4's routing means: neither local nor multicast nor broadcast, which needs the routes.
                "UNICAST" when host.IsLocal(family, address) && family == IpFamily.IPv4 => Fit.No,
                "UNICAST" when IsMulticast(family, address) => Fit.No,
                "UNICAST" when family == IpFamily.IPv6 => Fit.Yes,
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

    private static bool IsMulticast(IpFamily family, UInt128 address) =>
        family == IpFamily.IPv4 ? (uint)address >> 28 == 0xE : address >> 120 == 0xFF;
}
