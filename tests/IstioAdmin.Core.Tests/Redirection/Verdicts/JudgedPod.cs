using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Policies;
using IstioAdmin.Core.Redirection.Sources;
using IstioAdmin.Core.Redirection.Verdicts;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Printing;
using IstioAdmin.Iptables.Proof.Escapes;
using IstioAdmin.Iptables.Redirection;

namespace IstioAdmin.Core.Tests.Redirection.Verdicts;

/// <summary>A pod of today's Istio with a policy of a few plain clauses, and dumps made of the rules that Istio would write.</summary>
internal static class JudgedPod
{
    private static readonly ProxyIdentity Proxy = new([1337], [1337]);

    public static MeshPod Pod { get; } = new()
    {
        Cluster = "test",
        Namespace = "shop",
        Name = "cart",
        Phase = "Running",
        PodIPs = ["10.244.7.5"],
        Containers = ["cart", "istio-proxy"],
        Injected = true,
        RedirectMethod = RedirectMethod.Cni,
        RedirectionExpected = true,
    };

    public static MeshPod DualStack { get; } = Pod with { PodIPs = ["10.244.7.5", "fd00:7::5"] };

    public static PodRedirectionSettings Settings { get; } = UpstreamDefaults.CniPlugin(RedirectionGeneration.Current);

    public static RedirectionPolicy Policy { get; } = new()
    {
        Method = RedirectMethod.Cni,
        Settings = Settings,
        Proxy = Proxy,
        Clauses =
        [
            Clause("InboundCaptured", ClauseKind.Captured, new EscapeQuery
            {
                Direction = PacketDirection.Inbound,
                Protocols = [IpProtocol.Tcp],
                ExceptDestinationPorts = [PortRange.Only(15008), PortRange.Only(15020), PortRange.Only(15021), PortRange.Only(15090)],
                Expected = Expectation.RedirectedTo(15006),
            }),
            Clause("InboundLeft", ClauseKind.Left, new EscapeQuery
            {
                Direction = PacketDirection.Inbound,
                Protocols = [IpProtocol.Tcp],
                DestinationPorts = [PortRange.Only(15021)],
                Expected = Expectation.Delivered,
            }),
            Clause("OutboundCaptured", ClauseKind.Captured, new EscapeQuery
            {
                Direction = PacketDirection.Outbound,
                Protocols = [IpProtocol.Tcp],
                Local = LocalDestinations.Except,
                ExceptDestinationPorts = [PortRange.Only(15020)],
                Proxy = Proxy,
                Expected = Expectation.RedirectedTo(15001),
            }),
            Clause("ProxyOwn", ClauseKind.ProxyOwn, new EscapeQuery
            {
                Direction = PacketDirection.Outbound,
                Protocols = [IpProtocol.Tcp],
                Local = LocalDestinations.Except,
                Users = [new IdRange(1337, 1337)],
                Expected = Expectation.Sent,
            }),
        ],
    };

    /// <summary>What iptables-save would print of the rules that Istio writes.</summary>
    public static string Saved(IpFamily family = IpFamily.IPv4) => SavePrinter.Print(PodRedirectionRules.Write(Settings with { IPv6 = true }, family));

    public static PodRules Rules(params RuleDump[] dumps) =>
        new() { Source = RulesSource.Node, Reader = "a test", ReadAt = DateTimeOffset.UnixEpoch, Dumps = dumps };

    public static PodRules Rules(string save) => Rules(new RuleDump(RuleDumpFormat.IptablesNft, IpFamily.IPv4, save));

    public static PodRedirection Judge(PodRules rules, MeshPod? pod = null) => new RedirectionJudge().Judge(pod ?? Pod, Policy, rules);

    private static PolicyClause Clause(string name, ClauseKind kind, EscapeQuery query) => new()
    {
        Name = name,
        Kind = kind,
        OfProxy = kind == ClauseKind.ProxyOwn,
        Direction = query.Direction,
        Text = $"{query}",
        Sources = ["the test"],
        Queries = [new ClauseQuery(IpFamily.IPv4, query), new ClauseQuery(IpFamily.IPv6, query)],
    };
}
