using System.Collections.Frozen;

namespace IstioAdmin.Core.Redirection.Policies;

/// <summary>Names of the environment variables by which istio-init and the CNI plugin decide what rules to write.</summary>
internal static class TrafficVariables
{
    // The plugin's, and the other names of three flags of istio-init
    // (istio/istio: cni/pkg/plugin/sidecar_redirect.go, tools/istio-iptables/pkg/cmd/root.go).
    public const string DnsCapture = "ISTIO_META_DNS_CAPTURE";
    public const string DualStack = "ISTIO_DUAL_STACK";
    public const string InvalidDrop = "INVALID_DROP";

    /// <summary>What <see cref="DualStack"/> was called in 1.17 and 1.18 (cni/pkg/plugin/redirect.go).</summary>
    public const string AgentDualStack = "ISTIO_AGENT_DUAL_STACK";

    // Without a flag (tools/istio-iptables/pkg/constants/constants.go).
    public const string OwnerGroups = "ISTIO_OUTBOUND_OWNER_GROUPS";
    public const string OwnerGroupsExclude = "ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE";
    public const string LoopbackCidr = "ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR";

    /// <summary>The first generation's script: whether inbound IPv6 is let through.</summary>
    public const string InboundIPv6 = "ENABLE_INBOUND_IPV6";

    // The flags of istio-init, each as the variable that sets it; the script of the first generation knows some of them.
    public const string ProxyPort = "ENVOY_PORT";
    public const string InboundCapturePort = "INBOUND_CAPTURE_PORT";
    public const string InboundTunnelPort = "INBOUND_TUNNEL_PORT";
    public const string ProxyUid = "PROXY_UID";
    public const string ProxyGid = "PROXY_GID";
    public const string Mode = "ISTIO_INBOUND_INTERCEPTION_MODE";
    public const string TproxyMark = "ISTIO_INBOUND_TPROXY_MARK";
    public const string TproxyRouteTable = "ISTIO_INBOUND_TPROXY_ROUTE_TABLE";
    public const string InboundPorts = "ISTIO_INBOUND_PORTS";
    public const string ExcludedInboundPorts = "ISTIO_LOCAL_EXCLUDE_PORTS";
    public const string ExcludedInterfaces = "ISTIO_EXCLUDE_INTERFACES";
    public const string OutboundRanges = "ISTIO_SERVICE_CIDR";
    public const string ExcludedOutboundRanges = "ISTIO_SERVICE_EXCLUDE_CIDR";
    public const string OutboundPorts = "ISTIO_OUTBOUND_PORTS";
    public const string ExcludedOutboundPorts = "ISTIO_LOCAL_OUTBOUND_PORTS_EXCLUDE";
    public const string VirtualInterfaces = "KUBE_VIRT_INTERFACES";
    public const string RedirectDns = "REDIRECT_DNS";
    public const string CaptureAllDns = "CAPTURE_ALL_DNS";
    public const string DropInvalid = "DROP_INVALID";
    public const string DualStackFlag = "DUAL_STACK";
    public const string SkipRuleApply = "SKIP_RULE_APPLY";
    public const string DryRun = "DRY_RUN";
    public const string CleanupOnly = "CLEANUP_ONLY";
    public const string NativeNftables = "NATIVE_NFTABLES";

    private static readonly FrozenSet<string> Names = FrozenSet.ToFrozenSet(
        [
            IstioNames.DisableEnvoy, IstioNames.InterceptionModeVariable,
            DnsCapture, DualStack, InvalidDrop, AgentDualStack, OwnerGroups, OwnerGroupsExclude, LoopbackCidr, InboundIPv6,
            ProxyPort, InboundCapturePort, InboundTunnelPort, ProxyUid, ProxyGid, Mode, TproxyMark, TproxyRouteTable,
            InboundPorts, ExcludedInboundPorts, ExcludedInterfaces, OutboundRanges, ExcludedOutboundRanges, OutboundPorts, ExcludedOutboundPorts,
            VirtualInterfaces, RedirectDns, CaptureAllDns, DropInvalid, DualStackFlag, SkipRuleApply, DryRun, CleanupOnly, NativeNftables,
        ],
        StringComparer.Ordinal);

    /// <summary>Whether a variable is one of them.</summary>
    public static bool Contains(string name) => Names.Contains(name);
}
