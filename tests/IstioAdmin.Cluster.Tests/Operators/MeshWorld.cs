using System.Text.Json.Nodes;
using IstioAdmin.Testing;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Cluster.Tests.Operators;

/// <summary>One of the three operators in words: what a test has to know of its API.</summary>
/// <param name="Name">Distribution.</param>
/// <param name="Image">An image of it that the stand-in runs.</param>
/// <param name="Group">API group.</param>
/// <param name="Version">API version.</param>
/// <param name="Kinds">Its resources, the mesh first.</param>
/// <param name="Collection">Path of the meshes.</param>
/// <param name="Mesh">A mesh, as an admin might have applied it.</param>
/// <param name="Injection">Label that a namespace carries for that mesh.</param>
/// <param name="Agents">Path of the CNI plugin's DaemonSet.</param>
/// <param name="Injector">Path of the injector's ConfigMap.</param>
public sealed record OperatorCase(
    string Name, string Image, string Group, string Version, (string Kind, string Plural)[] Kinds, string Collection, string Mesh, (string Key, string Value) Injection, string Agents, string Injector)
{
    public static OperatorCase Banzai { get; } = new("Banzai", "docker.io/banzaicloud/istio-operator:0.1.21", "istio.banzaicloud.io", "v1beta1",
        [("Istio", "istios"), ("RemoteIstio", "remoteistios")], "apis/istio.banzaicloud.io/v1beta1/namespaces/istio-system/istios",
        """{"apiVersion":"istio.banzaicloud.io/v1beta1","kind":"Istio","metadata":{"name":"mesh"},"spec":{"version":"1.1.5","mtls":true}}""",
        ("istio-injection", "enabled"), "apis/apps/v1/namespaces/istio-system/daemonsets/istio-cni-node", "api/v1/namespaces/istio-system/configmaps/istio-sidecar-injector");

    public static OperatorCase Cisco { get; } = new("Cisco", "ghcr.io/banzaicloud/istio-operator:v2.13.6", "servicemesh.cisco.com", "v1alpha1",
        [("IstioControlPlane", "istiocontrolplanes"), ("IstioMeshGateway", "istiomeshgateways"), ("IstioMesh", "istiomeshes"), ("PeerIstioControlPlane", "peeristiocontrolplanes")],
        "apis/servicemesh.cisco.com/v1alpha1/namespaces/istio-system/istiocontrolplanes",
        """{"apiVersion":"servicemesh.cisco.com/v1alpha1","kind":"IstioControlPlane","metadata":{"name":"mesh"},"spec":{"version":"1.13.5","mode":"ACTIVE"}}""",
        ("istio.io/rev", "mesh.istio-system"), "apis/apps/v1/namespaces/istio-system/daemonsets/istio-cni-node-mesh",
        "api/v1/namespaces/istio-system/configmaps/istio-sidecar-injector-mesh");

    public static OperatorCase Sail { get; } = new("Sail", "quay.io/sail-dev/sail-operator:1.0", "sailoperator.io", "v1",
        [("Istio", "istios"), ("IstioRevision", "istiorevisions"), ("IstioCNI", "istiocnis"), ("IstioRevisionTag", "istiorevisiontags"), ("ZTunnel", "ztunnels")],
        "apis/sailoperator.io/v1/istios",
        """{"apiVersion":"sailoperator.io/v1","kind":"Istio","metadata":{"name":"default"},"spec":{"version":"v1.24.2","namespace":"istio-system","updateStrategy":{"type":"InPlace"}}}""",
        ("istio-injection", "enabled"), "apis/apps/v1/namespaces/istio-cni/daemonsets/istio-cni-node", "api/v1/namespaces/istio-system/configmaps/istio-sidecar-injector");

    public static TheoryData<string> Names => ["Banzai", "Cisco", "Sail"];

    public static OperatorCase Of(string name) => name switch { "Banzai" => Banzai, "Cisco" => Cisco, _ => Sail };

    /// <summary>Whether the mesh is as its operator calls ready.</summary>
    public bool IsReady(JsonObject mesh) => Name switch
    {
        "Banzai" => (string?)mesh["status"]?["Status"] == "Available",
        "Cisco" => (string?)mesh["status"]?["status"] == "Available",
        _ => (string?)mesh["status"]?["state"] == "Healthy" && (long?)mesh["status"]!["observedGeneration"] == (long)mesh["metadata"]!["generation"]!,
    };
}

/// <summary>A cluster with an operator, a mesh that somebody applied, and a shop in it that runs.</summary>
internal sealed class MeshWorld(OperatorBed bed, OperatorCase of)
{
    public string MeshPath => $"{of.Collection}/{(string)JsonNode.Parse(of.Mesh)!["metadata"]!["name"]!}";

    /// <summary>The operator, installed by somebody, and nothing else.</summary>
    public Task InstallOperatorAsync() => new PlainOperator(bed).InstallAsync(of.Image, of.Group, of.Version, of.Kinds);

    public async Task CreateMeshAsync()
    {
        // A webhook of the operator may need a moment until the server can call it.
        await Eventually.BecomesTrueAsync(async () =>
        {
            try
            {
                await bed.Api.PostAsync(of.Collection, (JsonObject)JsonNode.Parse(of.Mesh)!);
                return true;
            }
            catch (ClusterApiException e) when ((int)e.Status is 404 or 500)
            {
                return false;
            }
        }, "the mesh is taken");
        await Eventually.BecomesTrueAsync(async () => of.IsReady(await bed.Api.GetAsync(MeshPath)), "the mesh is ready");
    }

    /// <summary>A namespace in the mesh with one Deployment, whose pods the mesh's injector has seen.</summary>
    public async Task OpenShopAsync()
    {
        await bed.CreateNamespaceAsync("shop");
        await bed.Api.PatchAsync("api/v1/namespaces/shop", new JsonObject
        {
            ["metadata"] = new JsonObject { ["labels"] = new JsonObject { [of.Injection.Key] = of.Injection.Value } },
        });
        await bed.Api.PostAsync("apis/apps/v1/namespaces/shop/deployments", (JsonObject)JsonNode.Parse("""
            {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"cart"},
             "spec":{"selector":{"matchLabels":{"app":"cart"}},"template":{"metadata":{"labels":{"app":"cart"}},"spec":{"containers":[{"name":"app","image":"cart:1"}]}}}}
            """)!);
        await Eventually.BecomesTrueAsync(async () =>
            (int?)(await bed.Api.GetAsync("apis/apps/v1/namespaces/shop/deployments/cart"))["status"]?["readyReplicas"] == 1, "the shop is open");
    }

    /// <summary>Whether pods that are made now get istio-init.</summary>
    public async Task<bool> AddsInitAsync()
    {
        JsonObject settings = await bed.Api.GetAsync(of.Injector);
        if ((string?)settings["data"]!["values"] is not { } values)
            return ((string)settings["data"]!["config"]!).Contains("- name: istio-init", StringComparison.Ordinal);
        JsonNode parsed = JsonNode.Parse(values)!;
        return (bool?)(parsed["pilot"]?["cni"]?["enabled"] ?? parsed["istio_cni"]?["enabled"]) != true;
    }

    public Task<JsonObject?> AgentsAsync() => bed.Api.FindAsync(of.Agents);
}
