using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Applying;
using IstioAdmin.Core.Kube.Changes;

namespace IstioAdmin.Core.Operators.Manifests;

/// <summary>
/// An operator as it is to run, and the objects around its pods that every operator needs: account, role, binding, service, workload.
/// What is particular to one of them is in its own folder.
/// </summary>
internal sealed record OperatorDeployment
{
    /// <summary>Port on which both operators serve their metrics (<c>--metrics-addr</c>, default <c>:8080</c>); there is no health endpoint.</summary>
    private const int MetricsPort = 8080;

    /// <summary>What it belongs to: value of the label <c>app.kubernetes.io/part-of</c>.</summary>
    public required string PartOf { get; init; }

    /// <summary>Name of the workload, its account, its role and its service.</summary>
    public required string Name { get; init; }

    /// <summary>Namespace of those of them that have one.</summary>
    public required string Namespace { get; init; }

    /// <summary>The Istio version that it is made for; a label.</summary>
    public required string Version { get; init; }

    /// <summary>The image, with its tag.</summary>
    public required string Image { get; init; }

    /// <summary>Names of the secrets with which the image is pulled; they must be in the namespace.</summary>
    public IReadOnlyList<string> PullSecrets { get; init; } = [];

    /// <summary>Rules of its role.</summary>
    public required JsonArray Rules { get; init; }

    /// <summary>Arguments of the manager.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Labels that its pods need beside ours.</summary>
    public IReadOnlyDictionary<string, string> PodLabels { get; init; } = new Dictionary<string, string>();

    /// <summary>Port of the pods on which it serves its webhook; null when it has none.</summary>
    public int? WebhookPort { get; init; }

    /// <summary>The security context of its pod; null when its image must decide.</summary>
    public JsonObject? PodSecurity { get; init; }

    /// <summary>The security context of its container.</summary>
    public required JsonObject ContainerSecurity { get; init; }

    /// <summary>Whether it is a StatefulSet, for one that elects no leader and must never run twice.</summary>
    public bool Single { get; init; }

    /// <summary>The kind of the workload.</summary>
    public KubeResource Workload => Single ? KubeResource.StatefulSets : KubeResource.Deployments;

    /// <summary>The labels of every object of it.</summary>
    public JsonObject Labels() => new()
    {
        ["app.kubernetes.io/name"] = "istio-operator",
        ["app.kubernetes.io/instance"] = Name,
        ["app.kubernetes.io/component"] = "operator",
        [ObjectOwner.Version] = Version,
        [ObjectOwner.ManagedBy] = KubeApply.FieldManager,
        [ObjectOwner.PartOf] = PartOf,
    };

    /// <summary>Its namespace, for clusters where it does not exist yet.</summary>
    public ObjectManifest NamespaceManifest() => ObjectManifest.Create(KubeResource.Namespaces, null, Namespace, Labels());

    /// <summary>The objects, in the order in which they are to be created.</summary>
    public IReadOnlyList<ObjectManifest> Manifests() => [Account(), Role(), Binding(), Service(), WorkloadManifest()];

    private ObjectManifest Account() => ObjectManifest.Create(KubeResource.ServiceAccounts, Namespace, Name, Labels());

    private ObjectManifest Role() => ObjectManifest.Create(KubeResource.ClusterRoles, null, Name, Labels(), ("rules", Rules.DeepClone()));

    private ObjectManifest Binding() => ObjectManifest.Create(KubeResource.ClusterRoleBindings, null, Name, Labels(),
        ("roleRef", new JsonObject { ["apiGroup"] = "rbac.authorization.k8s.io", ["kind"] = "ClusterRole", ["name"] = Name }),
        ("subjects", new JsonArray(new JsonObject { ["kind"] = "ServiceAccount", ["name"] = Name, ["namespace"] = Namespace })));

    private ObjectManifest Service()
    {
        var ports = new JsonArray(Port("http-metrics", MetricsPort, MetricsPort));
        if (WebhookPort is { } webhook)
            ports.Add(Port("https-webhook", 443, webhook));
        return ObjectManifest.Create(KubeResource.Services, Namespace, Name, Labels(), ("spec", new JsonObject
        {
            ["selector"] = Selector(),
            ["ports"] = ports,
        }));
    }

    private ObjectManifest WorkloadManifest()
    {
        JsonObject labels = Selector();
        foreach ((string label, string value) in PodLabels)
            labels[label] = value;
        // An operator in the mesh that it runs could not mend it.
        labels["sidecar.istio.io/inject"] = "false";
        var spec = new JsonObject
        {
            ["replicas"] = 1,
            ["selector"] = new JsonObject { ["matchLabels"] = Selector() },
            ["template"] = new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["labels"] = labels,
                    ["annotations"] = new JsonObject { ["sidecar.istio.io/inject"] = "false" },
                },
                ["spec"] = Pod(),
            },
        };
        if (Single)
            spec["serviceName"] = Name;
        return ObjectManifest.Create(Workload, Namespace, Name, Labels(), ("spec", spec));
    }

    private JsonObject Pod()
    {
        var pod = new JsonObject { ["serviceAccountName"] = Name };
        if (PullSecrets.Count > 0)
            pod["imagePullSecrets"] = new JsonArray([.. PullSecrets.Select(secret => (JsonNode)new JsonObject { ["name"] = secret })]);
        if (PodSecurity is not null)
            pod["securityContext"] = PodSecurity.DeepClone();
        // Both operators wait half a minute for deletions when they are told to end, and take their finalizers off only then.
        pod["terminationGracePeriodSeconds"] = 60;
        pod["containers"] = new JsonArray(Container());
        // Certificates are written there; the rest of the image is read only.
        pod["volumes"] = new JsonArray(new JsonObject { ["name"] = "tmp", ["emptyDir"] = new JsonObject() });
        return pod;
    }

    private JsonObject Container()
    {
        var ports = new JsonArray(ContainerPort("metrics", MetricsPort));
        if (WebhookPort is { } webhook)
            ports.Add(ContainerPort("webhook", webhook));
        return new JsonObject
        {
            ["name"] = "manager",
            ["image"] = Image,
            ["imagePullPolicy"] = "IfNotPresent",
            ["command"] = new JsonArray("/manager"),
            ["args"] = new JsonArray([.. Arguments.Select(argument => (JsonNode)argument)]),
            ["env"] = new JsonArray(new JsonObject
            {
                ["name"] = "POD_NAMESPACE",
                ["valueFrom"] = new JsonObject { ["fieldRef"] = new JsonObject { ["fieldPath"] = "metadata.namespace" } },
            }),
            ["ports"] = ports,
            ["readinessProbe"] = Probe(delay: 5, failures: 3),
            ["livenessProbe"] = Probe(delay: 30, failures: 6),
            ["resources"] = new JsonObject
            {
                ["requests"] = new JsonObject { ["cpu"] = "100m", ["memory"] = "256Mi" },
                ["limits"] = new JsonObject { ["memory"] = "1Gi" },
            },
            ["securityContext"] = ContainerSecurity.DeepClone(),
            ["volumeMounts"] = new JsonArray(new JsonObject { ["name"] = "tmp", ["mountPath"] = "/tmp" }),
        };
    }

    private JsonObject Selector() => new()
    {
        ["app.kubernetes.io/name"] = "istio-operator",
        ["app.kubernetes.io/instance"] = Name,
        ["app.kubernetes.io/component"] = "operator",
    };

    private static JsonObject Port(string name, int port, int target) =>
        new() { ["name"] = name, ["protocol"] = "TCP", ["port"] = port, ["targetPort"] = target };

    private static JsonObject ContainerPort(string name, int port) => new() { ["name"] = name, ["protocol"] = "TCP", ["containerPort"] = port };

    private static JsonObject Probe(int delay, int failures) => new()
    {
        ["httpGet"] = new JsonObject { ["path"] = "/metrics", ["port"] = MetricsPort },
        ["initialDelaySeconds"] = delay,
        ["periodSeconds"] = 10,
        ["failureThreshold"] = failures,
    };
}
