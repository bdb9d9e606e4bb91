using IstioAdmin.Core.Mesh;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Proof.Escapes;

namespace IstioAdmin.Core.Redirection.Policies;

/// <summary>
/// What must hold for a pod in ambient mode, whose node's ztunnel listens within the pod and is told by a mark
/// (istio/istio: cni/pkg/iptables/iptables.go, cni/pkg/config).
/// </summary>
internal static class AmbientClauses
{
    public const string BypassInbound = "ambient.istio.io/bypass-inbound-capture";
    public const string DnsCapture = "ambient.istio.io/dns-capture";

    private const uint ZtunnelMark = 0x539;
    private const ushort InboundPlaintext = 15006, Tunnel = 15008, OutboundPort = 15001, DnsPort = 15053;

    private static readonly IpProtocol[] Tcp = [IpProtocol.Tcp];

    // 169.254.7.127 and fd16:9254:7127:1337:ffff:ffff:ffff:ffff: the source that the node gives to its own probes.
    private static readonly UInt128 ProbesV4 = 0xA9FE077F;
    private static readonly UInt128 ProbesV6 = new(0xfd16925471271337, 0xffffffffffffffff);

    /// <summary>The clauses.</summary>
    public static PolicyClause[] Of(IstioRelease? release, IReadOnlyDictionary<string, string> annotations, IReadOnlyList<IpFamily> families, QueryPool pool)
    {
        var list = new ClauseList(pool, families);
        string[] rules = [release is { } r ? $"istio/istio release-{r}: cni/pkg/iptables/iptables.go" : "istio/istio: cni/pkg/iptables/iptables.go"];
        bool bypass = IsTrue(annotations, BypassInbound, out _);
        InterfacePattern[] machines = annotations.TryGetValue(PluginAnnotations.RerouteInterfaces, out string? names)
            ? [.. SettingWords.Split([names]).Select(name => new InterfacePattern(name))]
            : [];
        if (bypass)
        {
            list.Add(
                "InboundLeft", ClauseKind.Left, "inbound TCP reaches its listener directly", [$"annotation {BypassInbound}=true"],
                family => [Inbound(Expectation.Delivered, machines)]);
        }
        else
        {
            list.Add(
                "InboundCaptured", ClauseKind.Captured, $"inbound TCP to every port but {Tunnel} enters ztunnel at port {InboundPlaintext}", rules,
                family => [Inbound(Expectation.RedirectedTo(InboundPlaintext), machines) with { ExceptSources = [Probes(family)], ExceptDestinationPorts = [PortRange.Only(Tunnel)] }]);
            list.Add(
                "TunnelCaptured", ClauseKind.Captured, $"inbound TCP to port {Tunnel} reaches ztunnel there", rules,
                family => [Inbound(Expectation.RedirectedTo(Tunnel), machines) with { ExceptSources = [Probes(family)], DestinationPorts = [PortRange.Only(Tunnel)] }]);
            list.Add(
                "ProbesLeft", ClauseKind.Left, "probes of the node reach their listener directly", rules,
                family => [Inbound(Expectation.Delivered, machines) with { Sources = [Probes(family)] }]);
        }

        bool asked = IsTrue(annotations, DnsCapture, out bool known);
        // Without the annotation the node's agent decides, whose environment is not the pod's.
        PortRange[] dns = known && !asked ? [] : [PortRange.Only(53)];
        list.Add(
            "OutboundCaptured", ClauseKind.Captured, $"outbound TCP to every address enters ztunnel at port {OutboundPort}", rules,
            family => [Outbound(Expectation.RedirectedTo(OutboundPort)) with { ExceptDestinations = [Probes(family)], ExceptDestinationPorts = dns }]);
        list.Add(
            "OutboundLeft", ClauseKind.Left, "answers to the node's probes leave as they were sent", rules,
            family => [Outbound(Expectation.Sent) with { Destinations = [Probes(family)] }]);
        if (known && asked)
        {
            list.Add(
                "DnsCaptured", ClauseKind.Captured, $"DNS to every server, TCP and UDP, goes to ztunnel at port {DnsPort}", [$"annotation {DnsCapture}={annotations[DnsCapture]}"],
                family => [Outbound(Expectation.RedirectedTo(DnsPort)) with { Protocols = [IpProtocol.Tcp, IpProtocol.Udp], DestinationPorts = dns, ExceptDestinations = [Probes(family)] }]);
        }
        list.Add(
            "SelfLeft", ClauseKind.Left, "what the application sends to its own pod reaches its listener directly", rules,
            family => [Outbound(Expectation.Delivered) with { Local = LocalDestinations.Only, ExceptDestinationPorts = dns }]);
        list.Add(
            "ProxyOwn", ClauseKind.ProxyOwn, $"what ztunnel sends (mark 0x{ZtunnelMark:x}) leaves as it was sent", rules,
            family => [Outbound(Expectation.Sent) with { Protocols = [IpProtocol.Tcp, IpProtocol.Udp], Marks = [ZtunnelMark] }]);
        list.Add(
            "ProxyToApplication", ClauseKind.ProxyOwn, "what ztunnel hands to the application reaches it and is not captured again", rules,
            family => [Outbound(Expectation.Delivered) with { Local = LocalDestinations.Only, Marks = [ZtunnelMark] }]);
        return list.Clauses;
    }

    /// <summary>Whether an annotation is a true boolean; what is none counts as missing.</summary>
    private static bool IsTrue(IReadOnlyDictionary<string, string> annotations, string name, out bool known)
    {
        known = annotations.TryGetValue(name, out string? text) & GoBoolean.TryParse(text, out bool value);
        return known && value;
    }

    private static Interval Probes(IpFamily family) => family == IpFamily.IPv4 ? new(ProbesV4, ProbesV4) : new(ProbesV6, ProbesV6);

    private static EscapeQuery Inbound(Expectation expected, InterfacePattern[] machines) =>
        new() { Direction = PacketDirection.Inbound, Protocols = Tcp, Expected = expected, ExceptInterfaces = machines };

    private static EscapeQuery Outbound(Expectation expected) =>
        new() { Direction = PacketDirection.Outbound, Protocols = Tcp, Expected = expected, Local = LocalDestinations.Except };
}
