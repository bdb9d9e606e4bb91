using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Detection;
using IstioAdmin.Core.Operators.Manifests;
using static IstioAdmin.Core.Operators.Manifests.Schema;

namespace IstioAdmin.Core.Operators.Cisco;

/// <summary>
/// The resources of <c>servicemesh.cisco.com/v1alpha1</c>. Fields and enumerations are those of <c>api/v1alpha1/*.proto</c> in the branches
/// release-1.11 to release-1.17 of banzaicloud/istio-operator. The operator watches all four kinds, so it does not start without their definitions.
/// </summary>
internal static class CiscoDefinitions
{
    public static KubeResource PeerControlPlanes { get; } =
        IstioResources.CiscoControlPlanes with { Plural = "peeristiocontrolplanes", Kind = "PeerIstioControlPlane" };

    public static KubeResource Meshes { get; } = IstioResources.CiscoControlPlanes with { Plural = "istiomeshes", Kind = "IstioMesh" };

    public static KubeResource MeshGateways { get; } = IstioResources.CiscoControlPlanes with { Plural = "istiomeshgateways", Kind = "IstioMeshGateway" };

    private static readonly ResourceColumn[] ControlPlaneColumns =
    [
        new("Mode", ".spec.mode"),
        new("Network", ".spec.networkName"),
        new("Status", ".status.status"),
        new("Mesh expansion", ".spec.meshExpansion.enabled"),
        new("Expansion GW IPs", ".status.gatewayAddress"),
        new("Error", ".status.errorMessage"),
        ResourceColumn.Age,
    ];

    public static IReadOnlyList<ResourceDefinition> All { get; } =
    [
        new(IstioResources.CiscoControlPlanes, ControlPlane(), ControlPlaneStatus(), ControlPlaneColumns, "icp", "istiocp"),
        new(PeerControlPlanes, ControlPlane(), ControlPlaneStatus(), ControlPlaneColumns),
        new(Meshes, Object(("config", Any())), Object(("status", Text()), ("errorMessage", Text())), [ResourceColumn.Age], "im", "imesh"),
        new(MeshGateways, MeshGateway(), GatewayStatus(),
        [
            new("Type", ".spec.type"),
            new("Service Type", ".spec.service.type"),
            new("Status", ".status.Status"),
            new("Ingress IPs", ".status.GatewayAddress"),
            new("Error", ".status.ErrorMessage"),
            ResourceColumn.Age,
            new("Control Plane", ".spec.istioControlPlane.name"),
        ],
        "imgw", "istiomgw"),
    ];

    private static JsonObject ControlPlane() => Object(
        ("version", Text(@"^1\.")),
        ("mode", OneOf("ACTIVE", "PASSIVE")),
        ("logging", Object(("level", Text("^([a-zA-Z]+:[a-zA-Z]+,?)+$")))),
        ("mountMtlsCerts", Switch()),
        ("istiod", Object(
            ("deployment", Workload()),
            ("enableAnalysis", Switch()),
            ("enableStatus", Switch()),
            ("externalIstiod", Enabled()),
            ("traceSampling", Number().OrNull()),
            ("enableProtocolSniffingOutbound", Switch()),
            ("enableProtocolSniffingInbound", Switch()),
            ("certProvider", OneOf("KUBERNETES", "ISTIOD")),
            ("spiffe", Object(("operatorEndpoints", Enabled()))))),
        ("proxy", Object(
            ("image", Text()),
            ("privileged", Switch()),
            ("enableCoreDump", Switch()),
            ("logLevel", OneOf("TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL", "OFF")),
            ("componentLogLevel", Text()),
            ("clusterDomain", Text()),
            ("holdApplicationUntilProxyStarts", Switch()),
            ("lifecycle", Any()),
            ("resources", Any()),
            ("includeIPRanges", Text()),
            ("excludeIPRanges", Text()),
            ("excludeInboundPorts", Text()),
            ("excludeOutboundPorts", Text()),
            ("tracer", Text()))),
        ("proxyInit", Object(("image", Text()), ("resources", Any()), ("cni", Cni()))),
        ("telemetryV2", Enabled()),
        ("sds", Object(("tokenAudience", Text()))),
        ("proxyWasm", Enabled()),
        ("watchOneNamespace", Switch()),
        ("jwtPolicy", OneOf("THIRD_PARTY_JWT", "FIRST_PARTY_JWT")),
        ("caAddress", Text()),
        ("caProvider", Text()),
        ("distribution", Text()),
        ("httpProxyEnvs", Object(("httpProxy", Text()), ("httpsProxy", Text()), ("noProxy", Text()))),
        ("meshConfig", Any()),
        ("k8sResourceOverlays", List(Any())),
        ("meshID", Text()),
        ("containerImageConfiguration", Object(
            ("hub", Text()),
            ("tag", Text()),
            ("imagePullPolicy", OneOf("Always", "Never", "IfNotPresent")),
            ("imagePullSecrets", List(Any())))),
        ("meshExpansion", Object(
            ("enabled", Switch()),
            ("gateway", Object(("deployment", Workload()), ("service", Service()), ("runAsRoot", Switch()), ("k8sResourceOverlays", List(Any())))),
            ("istiod", Exposed()),
            ("webhook", Exposed()),
            ("clusterServices", Exposed()))),
        ("clusterID", Text()),
        ("networkName", NetworkName()),
        ("sidecarInjector", Object(("deployment", Workload()), ("service", Service()), ("templates", Any()))),
        ("tracer", Any()))
        .Requires("mode", "version");

    private static JsonObject Cni() => Object(
        ("enabled", Switch()),
        ("chained", Switch()),
        ("binDir", Text()),
        ("confDir", Text()),
        ("excludeNamespaces", Texts()),
        ("includeNamespaces", Texts()),
        ("logLevel", Text()),
        ("confFileName", Text()),
        ("pspClusterRoleName", Text()),
        ("repair", Object(
            ("enabled", Switch()),
            ("labelPods", Switch()),
            ("deletePods", Switch()),
            ("initContainerName", Text()),
            ("brokenPodLabelKey", Text()),
            ("brokenPodLabelValue", Text()))),
        ("taint", Object(("enabled", Switch()), ("container", Any()))),
        ("resourceQuotas", Object(("enabled", Switch()), ("pods", Text()), ("priorityClasses", Texts()))),
        ("daemonset", Workload()));

    private static JsonObject MeshGateway() => Object(
        ("deployment", Workload()),
        ("service", Service().Requires("ports", "type")),
        ("runAsRoot", Switch()),
        ("type", OneOf("ingress", "egress")),
        ("istioControlPlane", Object(("name", Text()), ("namespace", Text()))),
        ("k8sResourceOverlays", List(Any())))
        .Requires("istioControlPlane", "service", "type");

    private static JsonObject Workload() => Object(
        ("metadata", Any()),
        ("image", Text()),
        ("env", List(Any())),
        ("resources", Any()),
        ("nodeSelector", TextMap()),
        ("affinity", Any()),
        ("securityContext", Any()),
        ("imagePullPolicy", Text()),
        ("imagePullSecrets", List(Any())),
        ("priorityClassName", Text()),
        ("tolerations", List(Any())),
        ("replicas", Object(
            ("count", Count().OrNull()),
            ("min", Count().OrNull()),
            ("max", Count().OrNull()),
            ("targetCPUUtilizationPercentage", Count().OrNull()))),
        ("podMetadata", Any()),
        ("podDisruptionBudget", Any()),
        ("podSecurityContext", Any()));

    private static JsonObject Service() => Object(
        ("metadata", Any()),
        ("ports", List(Any())),
        ("selector", TextMap()),
        ("type", OneOf("ClusterIP", "NodePort", "LoadBalancer")),
        ("loadBalancerIP", Text()),
        ("externalTrafficPolicy", Text()));

    private static JsonObject NetworkName()
    {
        JsonObject schema = Text();
        schema["default"] = "network1";
        return schema;
    }

    private static JsonObject Enabled() => Object(("enabled", Switch()));

    private static JsonObject Exposed() => Object(("expose", Switch()));

    // google.protobuf.BoolValue: three states.
    private static JsonObject Switch() => Flag().OrNull();

    private static JsonObject ControlPlaneStatus() => Object(
        ("status", Text()),
        ("clusterID", Text()),
        ("istioControlPlaneName", Text()),
        ("gatewayAddress", Texts()),
        ("istiodAddresses", Texts()),
        ("injectionNamespaces", Texts()),
        ("caRootCertificate", Text()),
        ("errorMessage", Text()),
        ("meshConfig", Any()),
        ("checksums", Any()));

    private static JsonObject GatewayStatus() => Object(("Status", Text()), ("GatewayAddress", Texts()), ("ErrorMessage", Text()));
}
