using System.Collections;
using System.Globalization;
using System.Management.Automation;
using IstioAdmin.Completion;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh.Changes;
using IstioAdmin.Core.Mesh.Settings;

namespace IstioAdmin.Commands;

/// <summary>The base of the cmdlets that say what a mesh should be.</summary>
public abstract class MeshChangeCommand : SingleMeshCommand
{
    private const string NoGateway = "None";

    /// <summary>Istio's version.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(MeshVersionCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Version { get; set; }

    /// <summary>Sidecars accept mutual TLS only; with $false plain text as well.</summary>
    [Parameter]
    public SwitchParameter Mtls { get; set; }

    /// <summary>Namespaces that the operator labels for injection; these and no others.</summary>
    [Parameter]
    [Alias("AutoInjectionNamespaces")]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    [AllowEmptyCollection]
    public string[]? AutoInjectionNamespace { get; set; }

    /// <summary>Ranges of addresses whose traffic goes through the sidecar.</summary>
    [Parameter]
    [Alias("IncludeIPRanges")]
    [AllowEmptyCollection]
    public string[]? IncludeIPRange { get; set; }

    /// <summary>Ranges of addresses whose traffic does not.</summary>
    [Parameter]
    [Alias("ExcludeIPRanges")]
    [AllowEmptyCollection]
    public string[]? ExcludeIPRange { get; set; }

    /// <summary>What becomes of traffic to hosts that the mesh does not know.</summary>
    [Parameter]
    [ValidateSet("ALLOW_ANY", "REGISTRY_ONLY")]
    public string? OutboundTrafficPolicy { get; set; }

    /// <summary>Type of the ingress gateway's Service; None for no gateway.</summary>
    [Parameter]
    [ValidateSet("LoadBalancer", "NodePort", "ClusterIP", NoGateway)]
    public string? IngressType { get; set; }

    /// <summary>Annotations of the ingress gateway's Service.</summary>
    [Parameter]
    public Hashtable? IngressAnnotation { get; set; }

    /// <summary>Fewest replicas of the ingress gateway.</summary>
    [Parameter]
    [ValidateRange(1, 1000)]
    public int? IngressMinReplicas { get; set; }

    /// <summary>Most replicas of the ingress gateway.</summary>
    [Parameter]
    [ValidateRange(1, 1000)]
    public int? IngressMaxReplicas { get; set; }

    /// <summary>Type of the egress gateway's Service; None for no gateway.</summary>
    [Parameter]
    [ValidateSet("LoadBalancer", "NodePort", "ClusterIP", NoGateway)]
    public string? EgressType { get; set; }

    /// <summary>Annotations of the egress gateway's Service.</summary>
    [Parameter]
    public Hashtable? EgressAnnotation { get; set; }

    /// <summary>Fewest replicas of the egress gateway.</summary>
    [Parameter]
    [ValidateRange(1, 1000)]
    public int? EgressMinReplicas { get; set; }

    /// <summary>Most replicas of the egress gateway.</summary>
    [Parameter]
    [ValidateRange(1, 1000)]
    public int? EgressMaxReplicas { get; set; }

    /// <summary>Replicas of pilot or istiod.</summary>
    [Parameter]
    [ValidateRange(1, 1000)]
    public int? PilotReplicas { get; set; }

    /// <summary>Fewest replicas of pilot or istiod that its autoscaler keeps.</summary>
    [Parameter]
    [ValidateRange(1, 1000)]
    public int? PilotMinReplicas { get; set; }

    /// <summary>Most replicas of pilot or istiod that its autoscaler makes.</summary>
    [Parameter]
    [ValidateRange(1, 1000)]
    public int? PilotMaxReplicas { get; set; }

    /// <summary>Sidecars report traces.</summary>
    [Parameter]
    public SwitchParameter Tracing { get; set; }

    /// <summary>The kind of tracer.</summary>
    [Parameter]
    [ValidateSet("zipkin", "lightstep", "datadog", "stackdriver")]
    public string? Tracer { get; set; }

    /// <summary>Where traces go, as host:port.</summary>
    [Parameter]
    [ValidatePattern("^[^:]+:[0-9]{1,5}$")]
    public string? TracingAddress { get; set; }

    /// <summary>Share of requests that are traced, in percent.</summary>
    [Parameter]
    [ValidateRange(0.0, 100.0)]
    public double? TraceSampling { get; set; }

    /// <summary>When kubelets pull images.</summary>
    [Parameter]
    [ValidateSet("Always", "IfNotPresent", "Never")]
    public string? ImagePullPolicy { get; set; }

    /// <summary>Requests and limits of components that have none of their own.</summary>
    [Parameter]
    public Hashtable? DefaultResources { get; set; }

    /// <summary>The components have pod disruption budgets.</summary>
    [Parameter]
    public SwitchParameter PodDisruptionBudget { get; set; }

    /// <summary>The mesh is open for workloads outside of the cluster.</summary>
    [Parameter]
    public SwitchParameter MeshExpansion { get; set; }

    /// <summary>More, in the operator's own words: a hashtable, YAML text, or a file with it.</summary>
    [Parameter]
    public object? Spec { get; set; }

    /// <summary>Print the resources instead of writing them.</summary>
    [Parameter]
    public SwitchParameter AsYaml { get; set; }

    /// <summary>Take over fields that somebody else manages.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Return as soon as the request is accepted.</summary>
    [Parameter]
    public SwitchParameter NoWait { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel)
    {
        // What cannot be read concerns the whole command, not one cluster of it.
        var order = new MeshOrder
        {
            Name = Name,
            Namespace = Namespace,
            Operator = MeshArguments.Kind(Distribution),
            Settings = Settings(),
            Spec = SpecInput.Read(SessionState, Spec),
            PrintOnly = AsYaml,
            Force = Force,
        };
        return ForEachClusterAsync((cluster, cancel) => ChangeAsync(cluster, order, cancel), cancel);
    }

    /// <summary>Thinks the change through.</summary>
    private protected abstract Task<MeshChange> PlanAsync(MeshCluster cluster, MeshOrder order, CancellationToken cancel);

    private async Task ChangeAsync(MeshCluster cluster, MeshOrder order, CancellationToken cancel)
    {
        MeshChange plan = await PlanAsync(cluster, order, cancel);
        if (AsYaml)
        {
            WriteObject(plan.Yaml.TrimEnd('\n'));
            return;
        }
        MeshChange? approved = plan.Approve(step => ShouldProcess($"{step.Target} on {cluster.Server}", step.Action));
        // A plan without anything to write asks nothing, and still must not start to wait.
        if (approved is null || IsWhatIf)
            return;
        WriteObject(await approved.RunAsync(NoWait ? null : Patience, Reporter, cancel));
    }

    private MeshSettings Settings() => new()
    {
        Version = Version,
        Mtls = Switched(nameof(Mtls), Mtls),
        AutoInjectionNamespaces = AutoInjectionNamespace,
        IncludeIPRanges = IncludeIPRange,
        ExcludeIPRanges = ExcludeIPRange,
        // Case does not matter to ValidateSet, but to the API.
        OutboundTrafficPolicy = OutboundTrafficPolicy?.ToUpperInvariant(),
        Ingress = Gateway(IngressType, IngressAnnotation, IngressMinReplicas, IngressMaxReplicas),
        Egress = Gateway(EgressType, EgressAnnotation, EgressMinReplicas, EgressMaxReplicas),
        PilotReplicas = PilotReplicas,
        PilotMinReplicas = PilotMinReplicas,
        PilotMaxReplicas = PilotMaxReplicas,
        Tracing = Switched(nameof(Tracing), Tracing),
        Tracer = Tracer?.ToLowerInvariant(),
        TracingAddress = TracingAddress,
        TraceSampling = TraceSampling,
        ImagePullPolicy = MeshArguments.Spelled(ImagePullPolicy, "Always", "IfNotPresent", "Never"),
        DefaultResources = DefaultResources is null ? null : MeshArguments.Resources(DefaultResources),
        PodDisruptionBudget = Switched(nameof(PodDisruptionBudget), PodDisruptionBudget),
        MeshExpansion = Switched(nameof(MeshExpansion), MeshExpansion),
    };

    private static GatewaySettings Gateway(string? type, Hashtable? annotations, int? least, int? most)
    {
        bool none = string.Equals(type, NoGateway, StringComparison.OrdinalIgnoreCase);
        return new GatewaySettings
        {
            Enabled = type is null ? null : !none,
            Type = none ? null : MeshArguments.Spelled(type, "LoadBalancer", "NodePort", "ClusterIP"),
            Annotations = annotations?.Cast<DictionaryEntry>().ToDictionary(
                entry => Convert.ToString(entry.Key, CultureInfo.InvariantCulture)!, entry => Convert.ToString(entry.Value, CultureInfo.InvariantCulture) ?? "", StringComparer.Ordinal),
            MinReplicas = least,
            MaxReplicas = most,
        };
    }

    /// <summary>A switch that was not given says nothing; one that was given as $false does.</summary>
    private bool? Switched(string name, SwitchParameter value) => MyInvocation.BoundParameters.ContainsKey(name) ? value.IsPresent : null;
}
