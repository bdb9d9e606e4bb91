namespace IstioAdmin.Core.Redirection;

/// <summary>Everything about a pod that decides whether and how Istio redirects its traffic.</summary>
public sealed record RedirectionFacts
{
    /// <summary>The pod's namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>Names of the containers.</summary>
    public IReadOnlyList<string> Containers { get; init; } = [];

    /// <summary>Names of the init containers.</summary>
    public IReadOnlyList<string> InitContainers { get; init; } = [];

    /// <summary>The pod's phase; null when it has no status yet.</summary>
    public string? Phase { get; init; }

    /// <summary>Whether the pod shares the node's network namespace.</summary>
    public bool HostNetwork { get; init; }

    /// <summary>The proxy's second argument after <c>proxy</c>: <c>sidecar</c>, <c>router</c>, …; null when it has no such arguments.</summary>
    public string? ProxyType { get; init; }

    /// <summary>The proxy's variable <c>DISABLE_ENVOY</c>; null when it is not set.</summary>
    public string? DisableEnvoy { get; init; }

    /// <summary>The interception mode that the pod was injected with, from its annotation or else from the proxy's environment; null when neither tells.</summary>
    public string? InterceptionMode { get; init; }

    /// <summary>The label <c>sidecar.istio.io/inject</c>; null when there is none.</summary>
    public string? InjectLabel { get; init; }

    /// <summary>The annotation <c>sidecar.istio.io/inject</c>; null when there is none.</summary>
    public string? InjectAnnotation { get; init; }

    /// <summary>Whether the pod has the annotation <c>sidecar.istio.io/status</c>.</summary>
    public bool HasStatusAnnotation { get; init; }

    /// <summary>The pod's own label <c>istio.io/dataplane-mode</c>; null when there is none.</summary>
    public string? DataplaneMode { get; init; }

    /// <summary>The annotation <c>ambient.istio.io/redirection</c>, which the node's agent sets; null when there is none.</summary>
    public string? AmbientRedirection { get; init; }

    internal bool HasIstioInit => InitContainers.Contains(IstioNames.InitContainer);

    internal bool HasProxyContainer => Containers.Contains(IstioNames.ProxyContainer);

    internal bool HasNativeProxy => InitContainers.Contains(IstioNames.ProxyContainer);

    /// <summary>Whether the pod itself says that it is in ambient mode. A sidecar keeps it out (cni/pkg/util/enablement_selector.go).</summary>
    internal bool IsAmbient =>
        !HasStatusAnnotation && !HasIstioInit
        && (AmbientRedirection is "enabled" or "pending" || DataplaneMode == "ambient");
}
