using IstioAdmin.Core.Mesh;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Redirection;

namespace IstioAdmin.Core.Redirection.Policies;

/// <summary>What the settings of a pod with a sidecar mean for its packets, as numbers.</summary>
internal sealed record TrafficPlan
{
    private TrafficPlan(SettingsDraft draft, IReadOnlyList<IpFamily> families)
    {
        PodRedirectionSettings settings = draft.Settings;
        (Settings, Families, Release) = (settings, families, draft.Release);
        IsFirstGeneration = settings.Generation == RedirectionGeneration.FirstGeneration;
        IsTproxy = settings.Mode == InterceptionMode.Tproxy;
        Users = SettingWords.Ids(settings.ProxyUsers) is { Length: > 0 } users ? users : [new(1337, 1337)];
        Groups = SettingWords.Ids(settings.ProxyGroups) is { Length: > 0 } groups ? groups : Users;
        AllInbound = SettingWords.IsAll(settings.InboundPorts);
        InboundPorts = SettingWords.Ports(settings.InboundPorts);
        InboundPort = Captures(settings);
        ExcludedInboundPorts = AllInbound
            ? [.. PolicyReleases.LeavesSsh(Release) ? [PortRange.Only(22)] : Array.Empty<PortRange>(), .. SettingWords.Ports(settings.ExcludedInboundPorts)]
            : [];
        // In the mangle table, where TPROXY does its work, the tunnel's port is no exception.
        TunnelPort = !IsTproxy && PolicyReleases.LeavesTunnel(Release) ? settings.InboundTunnelPort : null;
        AllRanges = SettingWords.IsAll(settings.OutboundIpRanges);
        Ranges = SettingWords.Ranges(settings.OutboundIpRanges);
        ExcludedRanges = SettingWords.Ranges(settings.ExcludedOutboundIpRanges);
        NamesLoopback = SettingWords.Split(settings.OutboundIpRanges).Any(SettingWords.NamesLoopback);
        OutboundPorts = SettingWords.Ports(settings.OutboundPorts);
        ExcludedOutboundPorts = SettingWords.Ports(settings.ExcludedOutboundPorts);
        Interfaces = [.. SettingWords.Split(settings.ExcludedInterfaces).Concat(SettingWords.Split(settings.KubeVirtInterfaces)).Select(name => new InterfacePattern(name))];
        ExcludedInterfaces = [.. SettingWords.Split(settings.ExcludedInterfaces).Select(name => new InterfacePattern(name))];
        AllGroups = SettingWords.IsAll(settings.OwnerGroups);
        OwnerGroups = SettingWords.Ids(settings.OwnerGroups);
        ExcludedGroups = AllGroups ? SettingWords.Ids(settings.ExcludedOwnerGroups) : [];
        Loopback = SettingWords.Ranges([settings.LoopbackCidr])[0];
    }

    public PodRedirectionSettings Settings { get; }

    public IstioRelease? Release { get; }

    /// <summary>The families that the pod has addresses of.</summary>
    public IReadOnlyList<IpFamily> Families { get; }

    public bool IsFirstGeneration { get; }

    public bool IsTproxy { get; }

    public IReadOnlyList<IdRange> Users { get; }

    public IReadOnlyList<IdRange> Groups { get; }

    public bool AllInbound { get; }

    /// <summary>The listed ports; empty with <see cref="AllInbound"/>.</summary>
    public IReadOnlyList<PortRange> InboundPorts { get; }

    /// <summary>The ports that are left alone of all; they count only with <see cref="AllInbound"/>.</summary>
    public IReadOnlyList<PortRange> ExcludedInboundPorts { get; }

    /// <summary>The proxy's port for inbound connections.</summary>
    public ushort InboundPort { get; }

    /// <summary>The port of the mesh tunnel where it is left alone.</summary>
    public ushort? TunnelPort { get; }

    public ushort OutboundPort => Settings.ProxyPort;

    public bool AllRanges { get; }

    public IReadOnlyList<AddressPattern> Ranges { get; }

    public IReadOnlyList<AddressPattern> ExcludedRanges { get; }

    /// <summary>Whether an included range was written with a loopback address.</summary>
    public bool NamesLoopback { get; }

    public IReadOnlyList<PortRange> OutboundPorts { get; }

    public IReadOnlyList<PortRange> ExcludedOutboundPorts { get; }

    /// <summary>Interfaces whose packets inbound clauses do not speak of: excluded ones and those of virtual machines.</summary>
    public IReadOnlyList<InterfacePattern> Interfaces { get; }

    public IReadOnlyList<InterfacePattern> ExcludedInterfaces { get; }

    public bool AllGroups { get; }

    public IReadOnlyList<IdRange> OwnerGroups { get; }

    public IReadOnlyList<IdRange> ExcludedGroups { get; }

    public AddressPattern Loopback { get; }

    /// <summary>Whether any DNS goes to the agent; which servers' may not be known, see <see cref="KnowsDnsServers"/>.</summary>
    public bool RedirectsDns => Settings.RedirectDns;

    /// <summary>Whether it is known whose DNS is captured: everybody's, or that of servers that are named. istio-init looks into the pod's resolv.conf.</summary>
    public bool KnowsDnsServers => Settings.CaptureAllDns || Settings.DnsServers.Count > 0;

    /// <summary>Whether this family's rules are written at all.</summary>
    public bool Writes(IpFamily family) => family == IpFamily.IPv4 || (!IsFirstGeneration && Settings.IPv6);

    public static TrafficPlan Of(SettingsDraft draft, IReadOnlyList<IpFamily> families) => new(draft, families);

    /// <summary>What counts as loopback.</summary>
    public Interval LoopbackOf(IpFamily family) => family == IpFamily.IPv4 ? Interval.Of(Loopback) : new(UInt128.One, UInt128.One);

    /// <summary>Where the proxy passes connections on from: 127.0.0.6 or ::6.</summary>
    public static Interval PassthroughOf(IpFamily family) => family == IpFamily.IPv4 ? new(0x7F000006, 0x7F000006) : new(6, 6);

    public static Interval[] Of(IpFamily family, IReadOnlyList<AddressPattern> ranges) => [.. ranges.Where(range => range.Family == family).Select(Interval.Of)];

    private ushort Captures(PodRedirectionSettings settings)
    {
        if (IsFirstGeneration)
            return IsTproxy ? settings.ProxyPort : settings.InboundCapturePort ?? settings.ProxyPort;
        bool likeOutbound = (IsTproxy && PolicyReleases.TproxyTakesProxyPort(Release)) || (!AllInbound && PolicyReleases.ListedPortsTakeProxyPort(Release));
        return likeOutbound ? settings.ProxyPort : settings.InboundCapturePort ?? 15006;
    }
}
