namespace IstioAdmin.Iptables.Redirection;

/// <summary>
/// The settings that a pod gets when nobody says anything: what the programs assume, and what the injected init container and
/// the CNI plugin add. Change them with <c>with</c>.
/// </summary>
public static class UpstreamDefaults
{
    /// <summary>The program without any flag or environment. Where no user is named, the first generation lets root pass too.</summary>
    public static PodRedirectionSettings Program(RedirectionGeneration generation) => generation == RedirectionGeneration.FirstGeneration
        ? new() { Generation = generation, ProxyUsers = ["1337", "0"] }
        : new() { Generation = generation };

    /// <summary>
    /// The istio-init container as the injection templates start it. The first generation includes the ports that the pod's
    /// containers declare (<see cref="PodRedirectionSettings.InboundPorts"/> is left for them), today's includes all.
    /// (istio/istio: manifests/charts/istio-control/istio-discovery/files/injection-template.yaml.)
    /// </summary>
    public static PodRedirectionSettings InitContainer(RedirectionGeneration generation) => generation == RedirectionGeneration.FirstGeneration
        ? FirstGenerationPod
        : CurrentPod with { ExcludedInboundPorts = ["15090", "15021", "15020"] };

    /// <summary>
    /// The CNI plugin for a pod without annotations; to the inbound ports the same applies as for the init container. Today's
    /// appends 15020, 15021 and 15090 to the annotation excludeInboundPorts and leaves out repetitions, and it captures all DNS
    /// where the proxy's environment asks for DNS capture. (istio/cni: cmd/istio-cni/redirect.go; istio/istio:
    /// cni/pkg/plugin/sidecar_redirect.go and sidecar_iptables_linux.go.)
    /// </summary>
    public static PodRedirectionSettings CniPlugin(RedirectionGeneration generation) => generation == RedirectionGeneration.FirstGeneration
        ? FirstGenerationPod
        : CurrentPod with { ExcludedInboundPorts = ["15020", "15021", "15090"], ExcludedOutboundPorts = ["15020"], CaptureAllDns = true };

    private static PodRedirectionSettings FirstGenerationPod { get; } = new()
    {
        Generation = RedirectionGeneration.FirstGeneration,
        ProxyUsers = ["1337"],
        ExcludedInboundPorts = ["15020"],
        OutboundIpRanges = ["*"],
    };

    private static PodRedirectionSettings CurrentPod { get; } = new()
    {
        ProxyUsers = ["1337"],
        ProxyGroups = ["1337"],
        InboundPorts = ["*"],
        OutboundIpRanges = ["*"],
    };
}
