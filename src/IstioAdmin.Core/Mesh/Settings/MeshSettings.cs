namespace IstioAdmin.Core.Mesh.Settings;

/// <summary>
/// What administrators set about a mesh, whichever operator runs it. What is null is not said: in a change it stays as it is, in a new mesh it
/// is the operator's default.
/// </summary>
public sealed record MeshSettings
{
    /// <summary>Istio's version, for example <c>1.1.14</c>.</summary>
    public string? Version { get; init; }

    /// <summary>Whether sidecars accept mutual TLS only (true), or plain text as well (false).</summary>
    public bool? Mtls { get; init; }

    /// <summary>Namespaces that the operator labels for injection.</summary>
    public IReadOnlyList<string>? AutoInjectionNamespaces { get; init; }

    /// <summary>Ranges of addresses whose traffic goes through the sidecar, in CIDR notation; <c>*</c> for all.</summary>
    public IReadOnlyList<string>? IncludeIPRanges { get; init; }

    /// <summary>Ranges of addresses whose traffic does not.</summary>
    public IReadOnlyList<string>? ExcludeIPRanges { get; init; }

    /// <summary>What sidecars do with traffic to hosts that the mesh does not know: <c>ALLOW_ANY</c> or <c>REGISTRY_ONLY</c>.</summary>
    public string? OutboundTrafficPolicy { get; init; }

    /// <summary>The gateway for traffic into the mesh.</summary>
    public GatewaySettings Ingress { get; init; } = new();

    /// <summary>The gateway for traffic out of the mesh.</summary>
    public GatewaySettings Egress { get; init; } = new();

    /// <summary>Replicas of the control plane (pilot, or istiod) where nothing scales it.</summary>
    public int? PilotReplicas { get; init; }

    /// <summary>Fewest replicas of the control plane that its autoscaler keeps.</summary>
    public int? PilotMinReplicas { get; init; }

    /// <summary>Most replicas of the control plane that its autoscaler makes.</summary>
    public int? PilotMaxReplicas { get; init; }

    /// <summary>Whether sidecars report traces.</summary>
    public bool? Tracing { get; init; }

    /// <summary>The kind of tracer: zipkin, lightstep, datadog or stackdriver.</summary>
    public string? Tracer { get; init; }

    /// <summary>Where traces go, as host:port.</summary>
    public string? TracingAddress { get; init; }

    /// <summary>Share of requests that are traced, in percent.</summary>
    public double? TraceSampling { get; init; }

    /// <summary>When kubelets pull images: <c>Always</c>, <c>IfNotPresent</c> or <c>Never</c>.</summary>
    public string? ImagePullPolicy { get; init; }

    /// <summary>Requests and limits of components that have none of their own.</summary>
    public ResourceSettings? DefaultResources { get; init; }

    /// <summary>Whether the components have pod disruption budgets.</summary>
    public bool? PodDisruptionBudget { get; init; }

    /// <summary>Whether the mesh is open for workloads outside of this cluster.</summary>
    public bool? MeshExpansion { get; init; }
}

/// <summary>What administrators set about a gateway.</summary>
public sealed record GatewaySettings
{
    /// <summary>Whether there is one.</summary>
    public bool? Enabled { get; init; }

    /// <summary>Type of its Service: <c>LoadBalancer</c>, <c>NodePort</c> or <c>ClusterIP</c>.</summary>
    public string? Type { get; init; }

    /// <summary>Annotations of its Service.</summary>
    public IReadOnlyDictionary<string, string>? Annotations { get; init; }

    /// <summary>Fewest replicas that its autoscaler keeps.</summary>
    public int? MinReplicas { get; init; }

    /// <summary>Most replicas that its autoscaler makes.</summary>
    public int? MaxReplicas { get; init; }
}

/// <summary>What containers ask for and may use, by resource name (<c>cpu</c>, <c>memory</c>), as Kubernetes writes quantities.</summary>
/// <param name="Requests">What they ask for.</param>
/// <param name="Limits">What they may use at most.</param>
public sealed record ResourceSettings(IReadOnlyDictionary<string, string> Requests, IReadOnlyDictionary<string, string> Limits);
