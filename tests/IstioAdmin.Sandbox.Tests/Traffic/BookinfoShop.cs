using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh.Ingress;
using IstioAdmin.Sandbox.Operators;
using IstioAdmin.Sandbox.Tests.Nodes;

namespace IstioAdmin.Sandbox.Tests.Traffic;

/// <summary>Bookinfo behind an ingress gateway, with the objects that a mesh of the first generation has.</summary>
internal sealed class BookinfoShop(SandboxWorld world)
{
    private const string Rules = """
        "-p","15001","-z","15006","-u","1337","-m","REDIRECT","-i","*","-x","","-b","*","-d","15090,15021,15020"
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Creates all of it and waits until the pods are ready.</summary>
    /// <param name="mutualTls">Whether the mesh wants mutual TLS, or takes plain text as well.</param>
    /// <param name="reviews">The version of the reviews.</param>
    public async Task OpenAsync(bool mutualTls, string reviews = "v3")
    {
        foreach ((string group, string version, string kind, string plural, bool namespaced) in ((string, string, string, string, bool)[])[
            ("authentication.istio.io", "v1alpha1", "MeshPolicy", "meshpolicies", false), ("networking.istio.io", "v1alpha3", "DestinationRule", "destinationrules", true),
            ("networking.istio.io", "v1alpha3", "Gateway", "gateways", true), ("networking.istio.io", "v1alpha3", "VirtualService", "virtualservices", true)])
        {
            await world.Api.PostAsync("apis/apiextensions.k8s.io/v1/customresourcedefinitions", MeshObjects.Definition(group, version, kind, plural, namespaced), cancel: Cancel);
            await SandboxWorld.UntilAsync(async () => await world.Api.FindAsync($"apis/{group}/{version}/{plural}", Cancel) is not null, $"{plural} are served");
        }
        await world.NamespaceAsync("istio-system");
        await world.NamespaceAsync("shop");
        await PutAsync("apis/authentication.istio.io/v1alpha1/meshpolicies",
            $$$"""{"apiVersion":"authentication.istio.io/v1alpha1","kind":"MeshPolicy","metadata":{"name":"default"},"spec":{"peers":[{"mtls":{{{(mutualTls ? "{}" : """{"mode":"PERMISSIVE"}""")}}}}]} }""");
        if (mutualTls)
        {
            await PutAsync("apis/networking.istio.io/v1alpha3/namespaces/istio-system/destinationrules",
                """{"apiVersion":"networking.istio.io/v1alpha3","kind":"DestinationRule","metadata":{"name":"default"},"spec":{"host":"*.local","trafficPolicy":{"tls":{"mode":"ISTIO_MUTUAL"} } } }""");
        }
        await world.CreateAsync(
            """
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"gateway","namespace":"istio-system","labels":{"istio":"ingressgateway"} },
             "spec":{"containers":[{"name":"istio-proxy","image":"docker.io/istio/proxyv2:1.1.14","ports":[{"containerPort":80},{"containerPort":443}]}]} }
            """,
            """
            {"apiVersion":"v1","kind":"Service","metadata":{"name":"istio-ingressgateway","namespace":"istio-system"},
             "spec":{"type":"LoadBalancer","selector":{"istio":"ingressgateway"},"ports":[{"name":"http2","port":80},{"name":"https","port":443}]} }
            """);
        foreach ((string name, string version) in ((string, string)[])[("productpage", "v1"), ("details", "v1"), ("reviews", reviews), ("ratings", "v1")])
        {
            await world.CreateAsync(
                $$$"""
                {"apiVersion":"v1","kind":"Pod","metadata":{"name":"{{{name}}}-{{{version}}}-x","namespace":"shop","labels":{"app":"{{{name}}}"},"annotations":{"sidecar.istio.io/status":"{}"} },
                 "spec":{"initContainers":[{"name":"istio-init","image":"docker.io/istio/proxyv2:1.24.2","args":["istio-iptables",{{{Rules}}}],"securityContext":{"runAsUser":0,"capabilities":{"add":["NET_ADMIN"]} } }],
                 "containers":[{"name":"app","image":"docker.io/istio/examples-bookinfo-{{{name}}}-{{{version}}}:1.13.0","ports":[{"containerPort":9080}]},
                   {"name":"istio-proxy","image":"docker.io/istio/proxyv2:1.24.2","args":["proxy","sidecar"],"securityContext":{"runAsUser":1337,"runAsGroup":1337} }]} }
                """,
                $$$"""{"apiVersion":"v1","kind":"Service","metadata":{"name":"{{{name}}}","namespace":"shop"},"spec":{"selector":{"app":"{{{name}}}"},"ports":[{"name":"http","port":9080}]} }""");
        }
        await RouteAsync("""[{"match":[{"uri":{"exact":"/productpage"} }],"route":[{"destination":{"host":"productpage","port":{"number":9080} } }]}]""");
        foreach (string pod in (string[])["productpage-v1-x", "details-v1-x", $"reviews-{reviews}-x", "ratings-v1-x"])
            await world.ReadyAsync("shop", pod);
        await world.ReadyAsync("istio-system", "gateway");
        foreach (string service in (string[])["productpage", "details", "reviews", "ratings"])
            await world.UntilAsync($"api/v1/namespaces/shop/endpoints/{service}", endpoints => endpoints["subsets"] is not null, $"{service} has endpoints");
        await world.UntilAsync("api/v1/namespaces/istio-system/services/istio-ingressgateway", service => service["status"]?["loadBalancer"]?["ingress"] is not null, "the gateway has an address");
    }

    /// <summary>The page as Show-IstioIngress fetches it.</summary>
    public async Task<IngressPage> VisitAsync(string? path = null)
    {
        MeshCluster cluster = await world.ConnectAsync();
        MeshIngress ingress = Assert.Single(await MeshIngresses.ListAsync(cluster, null, (_, _) => true, SandboxWorld.Silent.Instance, Cancel));
        IngressVisit visit = await IngressVisitor.VisitAsync(cluster, ingress, new IngressVisitOptions { Path = path, Timeout = TimeSpan.FromSeconds(60) }, SandboxWorld.Silent.Instance, Cancel);
        Assert.False(visit.IsForwarding);
        return visit.Page;
    }

    private async Task RouteAsync(string http)
    {
        await PutAsync("apis/networking.istio.io/v1alpha3/namespaces/shop/gateways", """
            {"apiVersion":"networking.istio.io/v1alpha3","kind":"Gateway","metadata":{"name":"shop"},
             "spec":{"selector":{"istio":"ingressgateway"},"servers":[{"port":{"number":80,"name":"http","protocol":"HTTP"},"hosts":["*"]}]} }
            """);
        await PutAsync("apis/networking.istio.io/v1alpha3/namespaces/shop/virtualservices", $$$"""
            {"apiVersion":"networking.istio.io/v1alpha3","kind":"VirtualService","metadata":{"name":"shop"},"spec":{"hosts":["*"],"gateways":["shop"],"http":{{{http}}} } }
            """);
    }

    private async Task PutAsync(string collection, string manifest) => await world.Api.PostAsync(collection, Client.Json.Parse(manifest), cancel: Cancel);
}
