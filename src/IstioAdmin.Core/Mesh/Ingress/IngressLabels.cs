using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Mesh.Ingress;

/// <summary>The labels by which the generations of Istio's installers mark the pods of gateways.</summary>
internal static class IngressLabels
{
    /// <summary>By which an ingress gateway is known; a value of null stands for any.</summary>
    private static readonly (string Label, string? Value)[] Ingress =
    [
        // Istio's own charts and Banzai's operator, all releases (gateways/istio-ingress; banzaicloud/istio-operator release-1.1, pkg/resources/gateways).
        ("istio", "ingressgateway"),
        // The same, and the chart "gateway" under its default name (manifests/charts/gateway/templates/_helpers.tpl).
        ("app", "istio-ingressgateway"),
        // Second generation of Banzai's operator (release-1.17, istio-meshgateway/templates/_helpers.tpl).
        ("gateway-type", "ingress"),
        // What istiod makes of a Gateway of the Gateway API (istio-discovery/files/kube-gateway.yaml); the second up to Istio 1.20.
        (GatewayApiName, null),
        (OldGatewayApiName, null),
    ];

    private static readonly (string Label, string? Value)[] Others =
    [
        ("istio", "egressgateway"),
        ("app", "istio-egressgateway"),
        ("gateway-type", "egress"),
        // A waypoint serves the inside of an ambient mesh.
        ("gateway.networking.k8s.io/gateway-class-name", "istio-waypoint"),
    ];

    /// <summary>Names the Gateway that istiod made the pod for.</summary>
    public const string GatewayApiName = "gateway.networking.k8s.io/gateway-name";

    /// <inheritdoc cref="GatewayApiName"/>
    public const string OldGatewayApiName = "istio.io/gateway-name";

    /// <summary>Whether a Service says of itself that it stands in front of an ingress gateway.</summary>
    public static bool IsIngress(JsonObject service)
    {
        IReadOnlyDictionary<string, string> selector = LabelSelector.Read(service.At("spec.selector")), labels = LabelSelector.Read(service.At("metadata.labels"));
        return HasAny(selector, Ingress) || IsOfGatewayChart(labels);
    }

    /// <summary>Whether a Service says of itself that it stands in front of something else: an egress gateway, or a waypoint.</summary>
    public static bool IsOther(JsonObject service) =>
        HasAny(LabelSelector.Read(service.At("spec.selector")), Others) || HasAny(LabelSelector.Read(service.At("metadata.labels")), Others);

    // The chart "gateway" under any name marks its Service, not its pods (Istio 1.24 and newer).
    private static bool IsOfGatewayChart(IReadOnlyDictionary<string, string> labels) =>
        labels.GetValueOrDefault("app.kubernetes.io/part-of") == "istio" && labels.GetValueOrDefault("helm.sh/chart")?.StartsWith("gateway-", StringComparison.Ordinal) == true;

    private static bool HasAny(IReadOnlyDictionary<string, string> labels, (string Label, string? Value)[] known) =>
        Array.Exists(known, one => labels.TryGetValue(one.Label, out string? value) && (one.Value is null || value == one.Value));
}
