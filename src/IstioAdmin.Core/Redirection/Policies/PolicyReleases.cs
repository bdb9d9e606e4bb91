using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Redirection.Policies;

/// <summary>What changed from release to release, as questions; a release that is not known (null) is today's.</summary>
internal static class PolicyReleases
{
    /// <summary>1.0 and 1.1: the first script, one port for both directions (istio/cni release-1.1: tools/deb/istio-iptables.sh).</summary>
    public static bool IsFirstGeneration(IstioRelease? release) => Before(release, 1, 2);

    /// <summary>Up to 1.3 the plugin includes the ports that the containers declare (istio/cni: cmd/istio-cni/redirect.go).</summary>
    public static bool IncludesDeclaredPorts(IstioRelease? release) => Before(release, 1, 4);

    /// <summary>In 1.5 the plugin reads the ports of the annotation as "those that the containers declare" unless it is <c>*</c>.</summary>
    public static bool ReplacesIncludedPorts(IstioRelease? release) => release == new IstioRelease(1, 5);

    /// <summary>Up to 1.12 port 22 is left alone where all inbound ports are included (tools/istio-iptables: run.go).</summary>
    public static bool LeavesSsh(IstioRelease? release) => Before(release, 1, 13);

    /// <summary>Since 1.7 the mesh tunnel's port 15008 is left alone.</summary>
    public static bool LeavesTunnel(IstioRelease? release) => !Before(release, 1, 7);

    /// <summary>Up to 1.8 TPROXY sends inbound connections to the outbound port.</summary>
    public static bool TproxyTakesProxyPort(IstioRelease? release) => Before(release, 1, 9);

    /// <summary>Up to 1.5 listed inbound ports go to the outbound port, and only <c>*</c> to the inbound one.</summary>
    public static bool ListedPortsTakeProxyPort(IstioRelease? release) => Before(release, 1, 6);

    /// <summary>Up to 1.5 calls within the pod are treated now so, now so; from then on as today.</summary>
    public static bool SelfCallsAreSettled(IstioRelease? release) => !Before(release, 1, 6);

    /// <summary>Since 1.3 the proxy passes connections on from 127.0.0.6.</summary>
    public static bool HasPassthroughSource(IstioRelease? release) => !Before(release, 1, 3);

    /// <summary>Since 1.2 outbound ports can be excluded, and the plugin excludes 15020 by default.</summary>
    public static bool ExcludesOutboundPorts(IstioRelease? release) => !Before(release, 1, 2);

    /// <summary>Since 1.12 outbound ports can be included.</summary>
    public static bool IncludesOutboundPorts(IstioRelease? release) => !Before(release, 1, 12);

    /// <summary>Since 1.17 the plugin looks at excludeInterfaces.</summary>
    public static bool PluginExcludesInterfaces(IstioRelease? release) => !Before(release, 1, 17);

    /// <summary>Since 1.26 there is <c>istio.io/reroute-virtual-interfaces</c>, which goes before kubevirtInterfaces.</summary>
    public static bool ReroutesVirtualInterfaces(IstioRelease? release) => !Before(release, 1, 26);

    /// <summary>Since 1.11 the plugin captures DNS where the proxy's environment says so.</summary>
    public static bool PluginCapturesDns(IstioRelease? release) => !Before(release, 1, 11);

    /// <summary>Since 1.12 invalid packets can be dropped.</summary>
    public static bool DropsInvalid(IstioRelease? release) => !Before(release, 1, 12);

    /// <summary>The variable that asks for dual stack; null before there is one.</summary>
    public static string? DualStackVariable(IstioRelease? release) =>
        Before(release, 1, 17) ? null : Before(release, 1, 19) ? TrafficVariables.AgentDualStack : TrafficVariables.DualStack;

    /// <summary>Since 1.19 the plugin reads the proxy's ids in its security context; before they are always 1337.</summary>
    public static bool PluginReadsProxyIds(IstioRelease? release) => !Before(release, 1, 19);

    /// <summary>Since 1.19 an annotation that the plugin cannot read keeps the pod from starting; from 1.2 on it starts without rules.</summary>
    public static bool BadAnnotationStopsPod(IstioRelease? release) => !Before(release, 1, 19);

    /// <summary>Since 1.21 ambient mode redirects within the pod.</summary>
    public static bool AmbientIsInPod(IstioRelease? release) => !Before(release, 1, 21);

    private static bool Before(IstioRelease? release, int major, int minor) => release is { } known && known < new IstioRelease(major, minor);
}
