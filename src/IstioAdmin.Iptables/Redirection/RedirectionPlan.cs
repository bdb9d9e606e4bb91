using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Redirection;

/// <summary>Settings after reading: every value is one that a rule can hold. Made once and used for both families.</summary>
internal sealed record RedirectionPlan
{
    public required RedirectionGeneration Generation { get; init; }

    public required ushort ProxyPort { get; init; }

    public required ushort InboundCapturePort { get; init; }

    public required ushort InboundTunnelPort { get; init; }

    public required IReadOnlyList<IdRange> ProxyUsers { get; init; }

    public required IReadOnlyList<IdRange> ProxyGroups { get; init; }

    public required bool Tproxy { get; init; }

    public required uint TproxyMark { get; init; }

    public required uint TproxyRouteTable { get; init; }

    public required Selection<PortRange> InboundPorts { get; init; }

    public required IReadOnlyList<PortRange> ExcludedInboundPorts { get; init; }

    public required IReadOnlyList<PortRange> OutboundPorts { get; init; }

    public required IReadOnlyList<PortRange> ExcludedOutboundPorts { get; init; }

    public required Selection<OutboundRange> OutboundIpRanges { get; init; }

    public required IReadOnlyList<OutboundRange> ExcludedOutboundIpRanges { get; init; }

    public required IReadOnlyList<InterfacePattern> KubeVirtInterfaces { get; init; }

    public required IReadOnlyList<InterfacePattern> ExcludedInterfaces { get; init; }

    /// <summary>Null when no DNS is captured.</summary>
    public required DnsCapture? Dns { get; init; }

    public required bool DropInvalid { get; init; }

    public required Selection<IdRange> OwnerGroups { get; init; }

    public required IReadOnlyList<IdRange> ExcludedOwnerGroups { get; init; }

    public required AddressPattern LoopbackIPv4 { get; init; }

    public required bool IPv6 { get; init; }

    /// <summary>What counts as loopback.</summary>
    public AddressPattern Loopback(IpFamily family) => family == IpFamily.IPv4 ? LoopbackIPv4 : new(family, UInt128.One, UInt128.MaxValue);

    /// <summary>Where connections come from that the proxy passes on to its own pod: 127.0.0.6 or ::6.</summary>
    public static AddressPattern PassthroughSource(IpFamily family) =>
        new(family, family == IpFamily.IPv4 ? 0x7F000006 : (UInt128)6, AddressPattern.FullMask(family));

    /// <summary>Reads settings.</summary>
    /// <exception cref="RedirectionSettingException">A setting cannot be used.</exception>
    public static RedirectionPlan Of(PodRedirectionSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (settings.Generation == RedirectionGeneration.FirstGeneration)
            FirstGenerationLimits.Check(settings);
        bool first = settings.Generation == RedirectionGeneration.FirstGeneration;
        IReadOnlyList<IdRange> users = Values.Ids(nameof(settings.ProxyUsers), settings.ProxyUsers);
        if (users.Count == 0)
            users = [new IdRange(1337, 1337)];
        IReadOnlyList<IdRange> groups = Values.Ids(nameof(settings.ProxyGroups), settings.ProxyGroups);
        Selection<IdRange> ownerGroups = Values.Select(nameof(settings.OwnerGroups), settings.OwnerGroups, Values.Ids);
        if (ownerGroups.Listed.Count > Values.MostOwnerGroups)
        {
            throw new RedirectionSettingException(
                nameof(settings.OwnerGroups),
                string.Join(',', settings.OwnerGroups),
                $"names {ownerGroups.Listed.Count} groups, and all of them stand in one rule, which takes {Values.MostOwnerGroups}",
                "Join neighbours to ranges such as 1000-1999, or include all with '*' and list the others in ExcludedOwnerGroups.");
        }
        return new RedirectionPlan
        {
            Generation = settings.Generation,
            ProxyPort = Values.Listening(nameof(settings.ProxyPort), settings.ProxyPort),
            InboundCapturePort = Values.Listening(nameof(settings.InboundCapturePort), settings.InboundCapturePort ?? (first ? settings.ProxyPort : (ushort)15006)),
            InboundTunnelPort = settings.InboundTunnelPort,
            ProxyUsers = users,
            ProxyGroups = groups.Count == 0 ? users : groups,
            Tproxy = settings.Mode == InterceptionMode.Tproxy,
            TproxyMark = settings.TproxyMark,
            TproxyRouteTable = settings.TproxyRouteTable,
            InboundPorts = Values.Select(nameof(settings.InboundPorts), settings.InboundPorts, Values.Ports),
            ExcludedInboundPorts = Values.Ports(nameof(settings.ExcludedInboundPorts), settings.ExcludedInboundPorts),
            OutboundPorts = Values.Ports(nameof(settings.OutboundPorts), settings.OutboundPorts),
            ExcludedOutboundPorts = Values.Ports(nameof(settings.ExcludedOutboundPorts), settings.ExcludedOutboundPorts),
            OutboundIpRanges = Values.Select(nameof(settings.OutboundIpRanges), settings.OutboundIpRanges, Range),
            ExcludedOutboundIpRanges = Range(nameof(settings.ExcludedOutboundIpRanges), settings.ExcludedOutboundIpRanges),
            KubeVirtInterfaces = Values.Interfaces(nameof(settings.KubeVirtInterfaces), settings.KubeVirtInterfaces),
            ExcludedInterfaces = Values.Interfaces(nameof(settings.ExcludedInterfaces), settings.ExcludedInterfaces),
            Dns = DnsCapture.Of(settings),
            DropInvalid = settings.DropInvalid,
            OwnerGroups = ownerGroups,
            ExcludedOwnerGroups = Values.Ids(nameof(settings.ExcludedOwnerGroups), settings.ExcludedOwnerGroups),
            LoopbackIPv4 = OutboundRange.Loopback(nameof(settings.LoopbackCidr), settings.LoopbackCidr),
            IPv6 = settings.IPv6,
        };

        IReadOnlyList<OutboundRange> Range(string setting, IReadOnlyList<string> words) => first
            ? OutboundRange.ReadFirstGeneration(setting, words)
            : OutboundRange.Read(setting, words);
    }
}

/// <summary>Everything, or what is listed.</summary>
/// <param name="All">Whether <c>*</c> was given.</param>
/// <param name="Listed">The values; empty with <paramref name="All"/>.</param>
internal readonly record struct Selection<T>(bool All, IReadOnlyList<T> Listed)
{
    /// <summary>Whether anything is selected at all.</summary>
    public bool Any => All || Listed.Count > 0;
}
