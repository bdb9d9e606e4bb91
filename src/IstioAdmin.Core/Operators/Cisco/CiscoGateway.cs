using System.Text.Json.Nodes;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Mesh.Settings;

namespace IstioAdmin.Core.Operators.Cisco;

/// <summary>Gateways of the second generation: an IstioMeshGateway for each (banzaicloud/istio-operator release-1.17, <c>istiomeshgateway.proto</c>).</summary>
internal static class CiscoGateway
{
    /// <summary>The gateway's name, as Istio's own tutorials know it.</summary>
    public static string NameOf(string type) => $"istio-{type}gateway";

    /// <summary>What becomes of a gateway when settings are applied; nothing when they do not speak of it.</summary>
    public static IEnumerable<MeshCompanion> Of(JsonObject mesh, string ns, string type, GatewaySettings asked)
    {
        if (asked == new GatewaySettings())
            yield break;
        string name = NameOf(type);
        var manifest = new JsonObject
        {
            ["apiVersion"] = MeshResources.CiscoGateways.ApiVersion,
            ["kind"] = MeshResources.CiscoGateways.Kind,
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns },
        };
        if (asked.Enabled == false)
        {
            yield return new MeshCompanion(MeshResources.CiscoGateways, manifest, $"{type} gateway") { Remove = true };
            yield break;
        }
        var spec = new JsonObject
        {
            ["type"] = type,
            ["istioControlPlane"] = new JsonObject { ["name"] = mesh.TextAt("metadata.name"), ["namespace"] = ns },
        };
        if (asked.Type is { } service)
            spec.Put("service.type", service);
        if (asked.Annotations is { } annotations)
            spec.Put("service.metadata.annotations", new JsonObject(annotations.OrderBy(a => a.Key, StringComparer.Ordinal).Select(a => KeyValuePair.Create(a.Key, (JsonNode?)a.Value))));
        if (asked.MinReplicas is { } least)
            spec.Put("deployment.replicas.min", least);
        if (asked.MaxReplicas is { } most)
            spec.Put("deployment.replicas.max", most);
        manifest["spec"] = spec;
        yield return new MeshCompanion(MeshResources.CiscoGateways, manifest, $"{type} gateway") { Fallback = Fallback(name, type) };
    }

    /// <summary>What settings say of a gateway, from its resource.</summary>
    public static GatewaySettings Read(JsonObject? gateway) => gateway is null ? new GatewaySettings() : new GatewaySettings
    {
        Enabled = true,
        Type = gateway.TextAt("spec.service.type"),
        Annotations = (gateway.At("spec.service.metadata.annotations") as JsonObject)?.ToDictionary(a => a.Key, a => a.Value?.ToString() ?? "", StringComparer.Ordinal),
        MinReplicas = Number(gateway.At("spec.deployment.replicas.min")),
        MaxReplicas = Number(gateway.At("spec.deployment.replicas.max")),
    };

    private static JsonObject Fallback(string name, string type) => new()
    {
        ["spec"] = new JsonObject
        {
            ["deployment"] = new JsonObject
            {
                // What Gateway resources select.
                ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["app"] = name, ["istio"] = $"{type}gateway" } },
            },
            ["service"] = new JsonObject
            {
                ["type"] = type == "ingress" ? "LoadBalancer" : "ClusterIP",
                ["ports"] = new JsonArray(Port("status-port", 15021, 15021), Port("http2", 80, 8080), Port("https", 443, 8443)),
            },
        },
    };

    private static JsonObject Port(string name, int port, int target) =>
        new() { ["name"] = name, ["port"] = port, ["protocol"] = "TCP", ["targetPort"] = target };

    private static int? Number(JsonNode? node) => node is JsonValue value && int.TryParse(value.ToJsonString(), out int number) ? number : null;
}
