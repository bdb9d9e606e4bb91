using IstioAdmin.Iptables.Redirection;
using static IstioAdmin.Cluster.Tests.Redirection.Sent;

namespace IstioAdmin.Cluster.Tests.Redirection;

/// <summary>Pods of every annotation mix, with the rules that Istio writes for them and where their packets then end.</summary>
internal static class PodShapes
{
    /// <summary>An address that is nobody's: whatever is sent there by the wire ends outside.</summary>
    public const string World = "192.0.2.1";

    /// <summary>The same in IPv6.</summary>
    public const string World6 = "2001:db8::1";

    private const string Traffic = "traffic.sidecar.istio.io/";

    private static readonly Dictionary<string, string> DualStack = new() { ["ISTIO_DUAL_STACK"] = "true" };

    private static readonly PodRedirectionSettings Current = UpstreamDefaults.CniPlugin(RedirectionGeneration.Current) with { IPv6 = true };

    private static readonly PodRedirectionSettings Init = UpstreamDefaults.InitContainer(RedirectionGeneration.Current) with { IPv6 = true };

    private static readonly PodRedirectionSettings First = UpstreamDefaults.CniPlugin(RedirectionGeneration.FirstGeneration) with { InboundPorts = ["9080"] };

    private static readonly string[] InitDefaults =
        ["istio-iptables", "-p", "15001", "-z", "15006", "-u", "1337", "-m", "REDIRECT", "-i", "*", "-x", "", "-b", "*", "-d", "15090,15021,15020"];

    private static readonly Sent[] InboundCaptured =
        [In(9080, "proxy 15006"), In(3306, "proxy 15006"), In6(9080, "proxy 15006"), In(15008, "proxy 15008"), In(15090, "proxy 15090")];

    private static readonly Sent[] OutboundCaptured = [Out(World, 80, "proxy 15001"), Out(World6, 443, "proxy 15001"), Out(World, 9080, "proxy 15001", user: 0, group: 0)];

    private static readonly Sent[] InboundLeft = [In(9080, "app 9080"), In(3306, "app 3306"), In6(9080, "app 9080")];

    private static readonly Sent[] OutboundLeft = [Out(World, 80, "outside 80"), Out(World6, 443, "outside 443")];

    /// <summary>What holds whichever packets of the application are captured: the proxy gets out, and to its application.</summary>
    private static readonly Sent[] OfTheProxy =
    [
        OfProxy(World, 80, "outside 80"), OfProxy(World6, 443, "outside 443"), OfProxy("pod", 9080, "app 9080", from: "127.0.0.6"), OfProxy("pod6", 9080, "app 9080", from: "::6"),
        OfProxy("127.0.0.1", 9080, "app 9080"), Out("127.0.0.1", 9080, "app 9080"), Out("pod", 9080, "app 9080"),
    ];

    private static readonly Sent[] Everything = [.. InboundCaptured, .. OutboundCaptured, .. OfTheProxy];

    /// <summary>Today's pod with CNI and no annotation of the user's.</summary>
    public static PodShape Today { get; } = new("today") { Variables = DualStack, Settings = Current, Traffic = Everything };

    /// <summary>Another one: in this one's network namespace the legacy tables get used, and once used they never quite go away.</summary>
    public static PodShape Legacy { get; } = Today with { Name = "legacy" };

    /// <summary>A pod of the first generation: only the declared port is captured, and at the outbound port; inbound IPv6 is rejected, the search for neighbours with it.</summary>
    public static PodShape FirstGeneration { get; } = new("first-generation")
    {
        Declared = [9080, 9090],
        Settings = First with { InboundPorts = ["9080,9090"] },
        Traffic =
        [
            In(9080, "proxy 15001"), In(9090, "proxy 15001"), In(3306, "app 3306"), In6(9080, "unreachable"), Out(World, 80, "proxy 15001"),
            OfProxy(World, 80, "outside 80"), OfProxy("127.0.0.1", 9080, "app 9080"), Out("127.0.0.1", 9080, "app 9080"),
        ],
    };

    /// <summary>A pod whose inbound connections keep their source.</summary>
    public static PodShape Tproxy { get; } = new("tproxy")
    {
        Annotations = new Dictionary<string, string> { ["sidecar.istio.io/interceptionMode"] = "TPROXY" },
        Variables = new Dictionary<string, string>(DualStack) { ["ISTIO_META_INTERCEPTION_MODE"] = "TPROXY" },
        Settings = Current with { Mode = InterceptionMode.Tproxy },
        // Upstream leaves the tunnel's port out in the nat table only, which sees nothing of these.
        Traffic =
        [
            .. InboundCaptured.Where(sent => sent.Packet.Port != 15008), In(15008, "proxy 15006"), .. OutboundCaptured,
            OfProxy(World, 80, "outside 80"), OfProxy("127.0.0.1", 9080, "app 9080"), Out("pod", 9080, "app 9080"),
        ],
    };

    /// <summary>A pod whose DNS is answered by the agent.</summary>
    public static PodShape Dns { get; } = new("dns")
    {
        Variables = new Dictionary<string, string>(DualStack) { ["ISTIO_META_DNS_CAPTURE"] = "true" },
        Settings = Current with { RedirectDns = true },
        Traffic =
        [
            .. Everything, Datagram(World, 53, "proxy 15053"), Datagram(World6, 53, "proxy 15053"), Out(World, 53, "proxy 15053"),
            Datagram(World, 53, "outside 9", user: 1337), Datagram(World, 54, "outside 9"),
        ],
    };

    /// <summary>A pod whose application runs with the proxy's ids: its packets cannot be told from the proxy's.</summary>
    public static PodShape AppAsProxy { get; } = Today with
    {
        Name = "app-as-proxy",
        AppRunsAs = 1337,
        Traffic = [In(9080, "proxy 15006"), In6(9080, "proxy 15006"), Out(World, 80, "outside 80", user: 1337, group: 1337)],
    };

    /// <summary>An annotation takes the one port out that the application serves at.</summary>
    public static PodShape Swallowed { get; } = new("swallowed")
    {
        Annotations = new Dictionary<string, string> { [Traffic + "excludeInboundPorts"] = "9080" },
        Variables = DualStack,
        Settings = Current with { ExcludedInboundPorts = ["9080", "15020", "15021", "15090"] },
        Traffic = [In(9080, "app 9080"), In6(9080, "app 9080"), In(3306, "proxy 15006"), .. OutboundCaptured, .. OfTheProxy],
    };

    /// <summary>Annotations take everything out.</summary>
    public static PodShape NothingLeft { get; } = new("nothing-left")
    {
        Annotations = new Dictionary<string, string> { [Traffic + "includeInboundPorts"] = "", [Traffic + "includeOutboundIPRanges"] = "" },
        Variables = DualStack,
        Settings = Current with { InboundPorts = [], OutboundIpRanges = [] },
        Traffic = [.. InboundLeft, .. OutboundLeft],
    };

    /// <summary>istio-init of today was given no inbound port.</summary>
    public static PodShape NoInboundPorts { get; } = new("no-inbound-ports")
    {
        InitArguments = ["istio-iptables", "-p", "15001", "-z", "15006", "-u", "1337", "-m", "REDIRECT", "-i", "*", "-x", "", "-b", "", "-d", "15090,15021,15020"],
        Variables = DualStack,
        Settings = Init with { InboundPorts = [] },
        Traffic = [.. InboundLeft, .. OutboundCaptured, .. OfTheProxy],
    };

    /// <summary>Told not to be injected after it was: the CNI plugin passes it by, and its sidecar sees nothing.</summary>
    public static PodShape InjectFalse { get; } = new("inject-false")
    {
        Annotations = new Dictionary<string, string> { ["sidecar.istio.io/inject"] = "false" },
        Variables = DualStack,
        Traffic = [.. InboundLeft, .. OutboundLeft],
    };

    /// <summary>Pods that are as they should be and must be judged so.</summary>
    public static IReadOnlyList<PodShape> Healthy { get; } =
    [
        Today, FirstGeneration, Tproxy, Dns, Swallowed,
        new("init-container") { InitArguments = InitDefaults, Variables = DualStack, Settings = Init, Traffic = Everything },
        new("first-init-container")
        {
            InitArguments = ["-p", "15001", "-u", "1337", "-m", "REDIRECT", "-i", "*", "-x", "", "-b", "9080", "-d", "15020"],
            Settings = UpstreamDefaults.InitContainer(RedirectionGeneration.FirstGeneration) with { InboundPorts = ["9080"] },
            Traffic = [In(9080, "proxy 15001"), In(9090, "app 9090"), In6(9080, "unreachable"), Out(World, 80, "proxy 15001"), OfProxy(World, 80, "outside 80")],
        },
        new("some-ports")
        {
            Annotations = new Dictionary<string, string>
            {
                [Traffic + "includeInboundPorts"] = "9080,8080", [Traffic + "excludeOutboundPorts"] = "3306", [Traffic + "includeOutboundPorts"] = "443",
                [Traffic + "includeOutboundIPRanges"] = "198.51.100.0/24",
            },
            Variables = DualStack,
            Settings = Current with { InboundPorts = ["9080,8080"], ExcludedOutboundPorts = ["3306"], OutboundPorts = ["443"], OutboundIpRanges = ["198.51.100.0/24"] },
            Traffic =
            [
                In(9080, "proxy 15006"), In6(8080, "proxy 15006"), In(3306, "app 3306"), Out("198.51.100.7", 80, "proxy 15001"), Out("198.51.100.7", 3306, "outside 3306"),
                Out(World, 443, "proxy 15001"), Out(World6, 443, "proxy 15001"), Out(World, 80, "outside 80"), OfProxy("198.51.100.7", 443, "outside 443"),
            ],
        },
        new("excluded-ranges")
        {
            Annotations = new Dictionary<string, string>
            {
                [Traffic + "excludeOutboundIPRanges"] = "198.51.100.0/24,2001:db8:1::/48", [Traffic + "excludeOutboundPorts"] = "3306,9090", [Traffic + "excludeInboundPorts"] = "22,3306",
            },
            Variables = DualStack,
            Settings = Current with
            {
                ExcludedOutboundIpRanges = ["198.51.100.0/24,2001:db8:1::/48"],
                ExcludedOutboundPorts = ["3306,9090"],
                ExcludedInboundPorts = ["22", "3306", "15020", "15021", "15090"],
            },
            Traffic =
            [
                In(9080, "proxy 15006"), In(22, "app 22"), In6(3306, "app 3306"), Out("198.51.100.7", 80, "outside 80"), Out("2001:db8:1::7", 80, "outside 80"),
                Out(World, 3306, "outside 3306"), Out(World, 80, "proxy 15001"), Out(World6, 80, "proxy 15001"), .. OfTheProxy,
            ],
        },
        new("excluded-interfaces")
        {
            Annotations = new Dictionary<string, string> { [Traffic + "excludeInterfaces"] = "net1,net2" },
            Variables = DualStack,
            Settings = Current with { ExcludedInterfaces = ["net1", "net2"] },
            Traffic = Everything,
        },
        new("virtual-machine")
        {
            Annotations = new Dictionary<string, string> { ["istio.io/reroute-virtual-interfaces"] = "net1" },
            Variables = DualStack,
            Settings = Current with { KubeVirtInterfaces = ["net1"] },
            Traffic = Everything,
        },
        new("drop-invalid")
        {
            Variables = new Dictionary<string, string>(DualStack) { ["INVALID_DROP"] = "true" },
            Settings = Current with { DropInvalid = true },
            Traffic = Everything,
        },
        new("tproxy-dns")
        {
            Annotations = new Dictionary<string, string> { ["sidecar.istio.io/interceptionMode"] = "TPROXY", [Traffic + "excludeInboundPorts"] = "3306" },
            Variables = new Dictionary<string, string>(DualStack) { ["ISTIO_META_INTERCEPTION_MODE"] = "TPROXY", ["ISTIO_META_DNS_CAPTURE"] = "true" },
            Settings = Current with { Mode = InterceptionMode.Tproxy, RedirectDns = true, ExcludedInboundPorts = ["3306", "15020", "15021", "15090"] },
            Traffic = [In(9080, "proxy 15006"), In6(9080, "proxy 15006"), In(3306, "app 3306"), Datagram(World, 53, "proxy 15053"), .. OutboundCaptured],
        },
    ];

    /// <summary>Pods to break: the healthy ones keep the rules that they got from the CNI plugin.</summary>
    public static PodShape Broken { get; } = Today with { Name = "broken" };

    /// <inheritdoc cref="Broken"/>
    public static PodShape BrokenFirstGeneration { get; } = FirstGeneration with { Name = "broken-first-generation" };

    /// <inheritdoc cref="Broken"/>
    public static PodShape BrokenTproxy { get; } = Tproxy with { Name = "broken-tproxy" };

    /// <inheritdoc cref="Broken"/>
    public static PodShape BrokenDns { get; } = Dns with { Name = "broken-dns" };

    /// <summary>All pods that a world starts with.</summary>
    public static IReadOnlyList<PodShape> All { get; } =
    [
        .. Healthy, Broken, BrokenFirstGeneration, BrokenTproxy, BrokenDns, Legacy, AppAsProxy, NothingLeft, NoInboundPorts, InjectFalse,
    ];
}
