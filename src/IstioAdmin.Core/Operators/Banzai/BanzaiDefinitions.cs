using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Detection;
using IstioAdmin.Core.Operators.Manifests;
using static IstioAdmin.Core.Operators.Manifests.Schema;

namespace IstioAdmin.Core.Operators.Banzai;

/// <summary>
/// The resources of <c>istio.banzaicloud.io/v1beta1</c>. Fields, enumerations and patterns are those of <c>pkg/apis/istio/v1beta1</c> in the
/// branches release-1.1 to release-1.9 of banzaicloud/istio-operator; what differs between them is in <see cref="BanzaiRelease"/>.
/// </summary>
internal static class BanzaiDefinitions
{
    public static KubeResource RemoteIstios { get; } = IstioResources.BanzaiIstios with { Plural = "remoteistios", Kind = "RemoteIstio" };

    public static KubeResource MeshGateways { get; } = IstioResources.BanzaiIstios with { Plural = "meshgateways", Kind = "MeshGateway" };

    private static readonly ResourceColumn[] StateColumns =
    [
        new("Status", ".status.Status"),
        new("Error", ".status.ErrorMessage"),
        new("Gateways", ".status.GatewayAddress"),
        ResourceColumn.Age,
    ];

    /// <summary>The definitions that a release brings.</summary>
    public static IReadOnlyList<ResourceDefinition> Of(BanzaiRelease release) =>
    [
        new(IstioResources.BanzaiIstios, Istio(release), Status(), StateColumns),
        new(RemoteIstios, Remote(), Status(), StateColumns),
        .. release.HasMeshGateways
            ? (ResourceDefinition[])[new(MeshGateways, MeshGateway(), Status(), [new("Type", ".spec.type"), new("Service Type", ".spec.serviceType"), .. StateColumns], "mgw")]
            : [],
    ];

    private static JsonObject Istio(BanzaiRelease release) => Object(
        ("version", Text(release.VersionPattern)),
        ("mtls", Flag()),
        ("autoMtls", Flag()),
        ("meshPolicy", Object(("mtlsMode", OneOf("STRICT", "PERMISSIVE", "DISABLED")))),
        ("includeIPRanges", Text()),
        ("excludeIPRanges", Text()),
        ("autoInjectionNamespaces", Texts()),
        ("controlPlaneSecurityEnabled", Flag()),
        ("defaultResources", Any()),
        ("sds", Any()),
        ("pilot", Scaled(("enabled", Flag()), ("sidecar", Flag()), ("traceSampling", Number()))),
        ("istiod", Object(("enabled", Flag()))),
        ("citadel", Workload(("enabled", Flag()), ("caSecretName", Text()))),
        ("galley", Workload(("enabled", Flag()), ("replicaCount", Count()))),
        ("gateways", Object(
            ("enabled", Flag()),
            ("ingress", Gateway()),
            ("egress", Gateway()),
            ("k8singress", Object(("enabled", Flag()))))),
        ("mixer", Scaled(("enabled", Flag()), ("multiClusterSupport", Flag()))),
        ("sidecarInjector", SidecarInjector()),
        ("nodeAgent", Workload(("enabled", Flag()))),
        ("proxy", Proxy()),
        ("proxyInit", Object(("image", Text()))),
        ("watchOneNamespace", Flag()),
        ("useMCP", Flag()),
        ("defaultConfigVisibility", Text()),
        ("watchAdapterCRDs", Flag()),
        ("defaultPodDisruptionBudget", Object(("enabled", Flag()))),
        ("outboundTrafficPolicy", Object(("mode", OneOf("ALLOW_ANY", "REGISTRY_ONLY")))),
        ("tracing", Object(
            ("enabled", Flag()),
            ("tracer", release.Istio >= 4 ? OneOf("zipkin", "lightstep", "datadog", "stackdriver") : OneOf("zipkin", "lightstep", "datadog")),
            ("zipkin", Object(("address", Address()))),
            ("lightstep", Object(("address", Address()), ("accessToken", Text()), ("secure", Flag()), ("cacertPath", Text()))),
            ("datadog", Object(("address", Address()))))),
        ("imagePullPolicy", OneOf("Always", "Never", "IfNotPresent")),
        ("imagePullSecrets", List(Any())),
        ("meshExpansion", Flag()),
        ("multiMesh", Flag()),
        ("networkName", Text()),
        ("trustDomain", Text()),
        ("istioCoreDNS", Workload(("enabled", Flag()), ("pluginImage", Text()), ("replicaCount", Count()))))
        .Requires(release.RequiresMtls ? ["version", "mtls"] : ["version"]);

    private static JsonObject Remote() => Object(
        ("includeIPRanges", Text()),
        ("excludeIPRanges", Text()),
        ("enabledServices", List(Object(("name", Text()), ("labelSelector", Text()), ("podIPs", Texts()), ("ports", List(Any()))).Requires("name"))),
        ("autoInjectionNamespaces", Texts()),
        ("defaultResources", Any()),
        ("citadel", Workload(("enabled", Flag()), ("caSecretName", Text()))),
        ("sidecarInjector", SidecarInjector()),
        ("proxy", Proxy()),
        ("proxyInit", Object(("image", Text()))))
        .Requires("enabledServices");

    private static JsonObject MeshGateway() => Scaled(
        [
            .. GatewayFields(),
            ("type", OneOf("ingress", "egress")),
            ("istioControlPlane", Object(("name", Text()), ("namespace", Text()))),
            ("runAsRoot", Flag()),
        ])
        .Requires("ports", "type");

    private static JsonObject SidecarInjector() => Workload(
        ("enabled", Flag()),
        ("replicaCount", Count()),
        ("init", Object(("resources", Any()))),
        ("initCNIConfiguration", Object(
            ("enabled", Flag()),
            ("image", Text()),
            ("binDir", Text()),
            ("confDir", Text()),
            ("excludeNamespaces", Texts().OrNull()),
            ("includeNamespaces", Texts().OrNull()),
            ("logLevel", Text()),
            ("affinity", Any()))),
        ("rewriteAppHTTPProbe", Flag()),
        ("autoInjectionPolicyEnabled", Flag()));

    private static JsonObject Proxy() => Object(("image", Text()), ("privileged", Flag()), ("enableCoreDump", Flag()), ("resources", Any()));

    private static JsonObject Gateway() => Scaled([("enabled", Flag()), .. GatewayFields()]);

    private static (string Name, JsonObject Schema)[] GatewayFields() =>
    [
        ("serviceType", OneOf("ClusterIP", "NodePort", "LoadBalancer")),
        ("loadBalancerIP", Text()),
        ("serviceAnnotations", TextMap()),
        ("serviceLabels", TextMap()),
        ("sds", Object(("enabled", Flag()), ("image", Text()), ("resources", Any()))),
        ("ports", List(Any())),
        ("applicationPorts", Text()),
        ("requestedNetworkView", Text()),
    ];

    /// <summary>A component's workload that a HorizontalPodAutoscaler may scale.</summary>
    private static JsonObject Scaled(params (string Name, JsonObject Schema)[] fields) =>
        Workload([.. fields, ("replicaCount", Count()), ("minReplicas", Count()), ("maxReplicas", Count())]);

    private static JsonObject Workload(params (string Name, JsonObject Schema)[] fields) => Object(
    [
        .. fields,
        ("image", Text()),
        ("resources", Any()),
        ("nodeSelector", TextMap()),
        ("affinity", Any()),
        ("tolerations", List(Any())),
    ]);

    private static JsonObject Address() => Text("^[^:]+:[0-9]{1,5}$");

    // Capitalised, and null rather than empty: the Go type has no JSON names (pkg/apis/istio/v1beta1/istio_types.go, IstioStatus).
    private static JsonObject Status() => Object(("Status", Text()), ("ErrorMessage", Text()), ("GatewayAddress", Texts().OrNull()));
}
