using System.Globalization;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Proof;
using IstioAdmin.Iptables.Redirection;
using IstioAdmin.Iptables.Tests.Tracing;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Iptables.Tests.Redirection;

/// <summary>
/// What Istio's documentation says of the settings, as sets of packets: which connections are to be redirected and which are to
/// be left alone. It knows no rules and no chains.
/// </summary>
internal sealed class Spoken(PacketSpace space, PodRedirectionSettings settings)
{
    private readonly bool _first = settings.Generation == RedirectionGeneration.FirstGeneration;

    public PacketSet Tcp => space.Where(PacketField.Protocol, 6, 6);

    public PacketSet Udp => space.Where(PacketField.Protocol, 17, 17);

    /// <summary>To the pod's address, from where packets can come.</summary>
    public PacketSet ToPod => ToPodFromAnywhere.Except(space.Where(PacketField.Source, Martians.Sources(space.Family, World.Pod)));

    private PacketSet ToPodFromAnywhere => To(World.Address(space.Family == IpFamily.IPv4 ? "10.244.7.5" : "fd00::5"));

    /// <summary>To whatever is neither the pod's own address nor loopback.</summary>
    public PacketSet ToOthers => space.Any.Except(ToPodFromAnywhere).Except(space.Family == IpFamily.IPv4 ? space.Where(PacketField.Destination, [TraceHost.LoopbackNet]) : To(1));

    /// <summary>From the proxy: its user or its group.</summary>
    public PacketSet ByProxy
    {
        get
        {
            IReadOnlyList<string> users = settings.ProxyUsers.Count == 0 ? ["1337"] : settings.ProxyUsers;
            return In(PacketField.User, users, '-').Or(In(PacketField.Group, settings.ProxyGroups.Count == 0 ? users : settings.ProxyGroups, '-'));
        }
    }

    /// <summary>TCP to a port that is included, and not excluded where all are.</summary>
    public PacketSet CapturedInbound
    {
        get
        {
            // With TPROXY the tunnel's port is no exception in the mangle table, where the proxy takes what comes.
            PacketSet tunnel = _first || settings.Mode == InterceptionMode.Tproxy ? space.None : Port(settings.InboundTunnelPort);
            PacketSet ports = settings.InboundPorts is ["*"]
                ? space.Any.Except(Ports(settings.ExcludedInboundPorts)).Except(_first ? Port(22) : space.None)
                : Ports(settings.InboundPorts);
            return Tcp.And(ports).Except(tunnel);
        }
    }

    /// <summary>What goes to the agent as DNS, of what others than the proxy send.</summary>
    public PacketSet Dns => !settings.RedirectDns
        ? space.None
        : Port(53).And(Tcp.Or(Udp)).And(settings.CaptureAllDns ? space.Any : Ranges(settings.DnsServers)).And(Redirectable);

    /// <summary>What goes to the proxy, of what others than the proxy send to other hosts.</summary>
    public PacketSet CapturedOutbound
    {
        get
        {
            PacketSet included = Ports(settings.OutboundPorts).Or(settings.OutboundIpRanges is ["*"] ? space.Any : Ranges(settings.OutboundIpRanges));
            return Tcp.And(included).Except(Ranges(settings.ExcludedOutboundIpRanges)).And(Redirectable).Except(Dns);
        }
    }

    private PacketSet Redirectable
    {
        get
        {
            PacketSet groups = settings.OwnerGroups is ["*"]
                ? space.Any.Except(In(PacketField.Group, settings.ExcludedOwnerGroups, '-'))
                : In(PacketField.Group, settings.OwnerGroups, '-');
            return groups.Except(Tcp.Or(Udp).And(Ports(settings.ExcludedOutboundPorts)));
        }
    }

    private PacketSet To(UInt128 address) => space.Where(PacketField.Destination, address, address);

    private PacketSet Port(ushort port) => space.Where(PacketField.DestinationPort, port, port);

    private PacketSet Ports(IReadOnlyList<string> ports) => In(PacketField.DestinationPort, ports, ':');

    private PacketSet In(PacketField field, IReadOnlyList<string> ranges, char separator) => space.Where(field, ranges.Select(range =>
    {
        uint[] ends = [.. range.Split(separator).Select(end => uint.Parse(end, CultureInfo.InvariantCulture))];
        return new Interval(ends[0], ends[^1]);
    }));

    private PacketSet Ranges(IReadOnlyList<string> ranges) => space.Where(
        PacketField.Destination,
        ranges.Where(range => range.Contains(':', StringComparison.Ordinal) == (space.Family == IpFamily.IPv6)).Select(range =>
        {
            Assert.True(AddressPattern.TryParse(range, space.Family, out AddressPattern pattern));
            return new Interval(pattern.Value, pattern.Value | (AddressPattern.FullMask(space.Family) & ~pattern.Mask));
        }));
}
