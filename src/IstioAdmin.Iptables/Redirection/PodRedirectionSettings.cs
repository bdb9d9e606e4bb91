namespace IstioAdmin.Iptables.Redirection;

/// <summary>
/// What the rules of a pod depend on. A new instance is today's <c>istio-iptables</c> without any flag, which redirects nothing
/// yet; what a pod really gets is in <see cref="UpstreamDefaults"/>. Lists are in upstream's words: each element is a value or
/// several with commas between, empty ones are passed over, and <c>*</c> stands alone. A list that upstream would not look at
/// (the excluded inbound ports where single ports are included, say) has no effect here either, but must still be readable.
/// </summary>
/// <remarks>
/// Upstream hands most words to iptables as they are, which takes names of services, users and groups too. Those depend on
/// files of the image, so only numbers are taken here.
/// </remarks>
public sealed record PodRedirectionSettings
{
    /// <summary>Which program writes.</summary>
    public RedirectionGeneration Generation { get; init; } = RedirectionGeneration.Current;

    /// <summary>Port of the proxy for outbound connections (<c>-p</c>). The first generation's TPROXY sends inbound ones there as well.</summary>
    public ushort ProxyPort { get; init; } = 15001;

    /// <summary>
    /// Port of the proxy for inbound connections (<c>-z</c>; INBOUND_CAPTURE_PORT in the first generation). Null is the
    /// generation's default: 15006 today, the proxy port in the first generation.
    /// </summary>
    public ushort? InboundCapturePort { get; init; }

    /// <summary>Port of the mesh tunnel, which is never redirected (<c>-e</c>). Not in the first generation.</summary>
    public ushort InboundTunnelPort { get; init; } = 15008;

    /// <summary>User ids of the proxy, whose traffic is its own (<c>-u</c>): numbers or ranges such as <c>1000-1999</c>. Empty is 1337.</summary>
    public IReadOnlyList<string> ProxyUsers { get; init; } = [];

    /// <summary>Group ids of the proxy (<c>-g</c>). Empty means the same numbers as the users.</summary>
    public IReadOnlyList<string> ProxyGroups { get; init; } = [];

    /// <summary>How inbound connections are redirected (<c>-m</c>).</summary>
    public InterceptionMode Mode { get; init; } = InterceptionMode.Redirect;

    /// <summary>Mark of the packets that TPROXY routes to the loopback interface (<c>-t</c>).</summary>
    public uint TproxyMark { get; init; } = 1337;

    /// <summary>Routing table of those packets (<c>-r</c>); it is in no rule, but in <see cref="TproxyRouting"/>.</summary>
    public uint TproxyRouteTable { get; init; } = 133;

    /// <summary>Inbound ports to redirect (<c>-b</c>): numbers, ranges such as <c>8000:8010</c>, <c>*</c> for all, empty for none.</summary>
    public IReadOnlyList<string> InboundPorts { get; init; } = [];

    /// <summary>Inbound ports to leave alone (<c>-d</c>); they count only with all inbound ports included.</summary>
    public IReadOnlyList<string> ExcludedInboundPorts { get; init; } = [];

    /// <summary>Outbound TCP ports to redirect whatever their destination (<c>-q</c>). Not in the first generation.</summary>
    public IReadOnlyList<string> OutboundPorts { get; init; } = [];

    /// <summary>Outbound ports, TCP and UDP, to leave alone (<c>-o</c>). Not in the first generation.</summary>
    public IReadOnlyList<string> ExcludedOutboundPorts { get; init; } = [];

    /// <summary>Destinations to redirect (<c>-i</c>): prefixes of either family, <c>*</c> for all, empty for none.</summary>
    public IReadOnlyList<string> OutboundIpRanges { get; init; } = [];

    /// <summary>Destinations to leave alone (<c>-x</c>).</summary>
    public IReadOnlyList<string> ExcludedOutboundIpRanges { get; init; } = [];

    /// <summary>Interfaces of virtual machines in the pod, whose packets count as outbound (<c>-k</c>).</summary>
    public IReadOnlyList<string> KubeVirtInterfaces { get; init; } = [];

    /// <summary>Interfaces whose packets are left alone in both directions (<c>-c</c>). Not in the first generation.</summary>
    public IReadOnlyList<string> ExcludedInterfaces { get; init; } = [];

    /// <summary>
    /// Whether DNS goes to the agent's port 15053 (<c>--redirect-dns</c>). As upstream, it has no effect when neither all DNS is
    /// captured nor a server is named. Not in the first generation.
    /// </summary>
    public bool RedirectDns { get; init; }

    /// <summary>Whether that holds for every server (<c>--capture-all-dns</c>; always so in the CNI plugin), not only for those named.</summary>
    public bool CaptureAllDns { get; init; }

    /// <summary>The servers whose DNS is captured, addresses of either family: the nameservers of the pod's resolv.conf.</summary>
    public IReadOnlyList<string> DnsServers { get; init; } = [];

    /// <summary>Whether packets that conntrack calls invalid are dropped (<c>--drop-invalid</c>). Not in the first generation.</summary>
    public bool DropInvalid { get; init; }

    /// <summary>
    /// Groups whose outbound traffic is redirected (ISTIO_OUTBOUND_OWNER_GROUPS): numbers or ranges, at most 64, or <c>*</c> for
    /// all. Empty is nobody, as upstream reads it. Not in the first generation.
    /// </summary>
    public IReadOnlyList<string> OwnerGroups { get; init; } = ["*"];

    /// <summary>Groups whose outbound traffic is left alone; they count only with all groups included.</summary>
    public IReadOnlyList<string> ExcludedOwnerGroups { get; init; } = [];

    /// <summary>
    /// What counts as loopback in IPv4 (ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR): a prefix within 127.0.0.0/8. Fixed to one address in
    /// the first generation; always ::1 in IPv6.
    /// </summary>
    public string LoopbackCidr { get; init; } = DefaultLoopbackCidr;

    /// <summary>
    /// Whether IPv6 is served. Today upstream finds out by itself, see <see cref="PodAddresses.UseIPv6"/>; without it there are no
    /// IPv6 rules. In the first generation it is ENABLE_INBOUND_IPV6: without it inbound IPv6 is rejected, with it let through.
    /// </summary>
    public bool IPv6 { get; init; }

    internal const string DefaultLoopbackCidr = "127.0.0.1/32";
}
