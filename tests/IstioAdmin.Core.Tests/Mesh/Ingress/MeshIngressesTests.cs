using IstioAdmin.Core.Mesh.Ingress;

namespace IstioAdmin.Core.Tests.Mesh.Ingress;

public class MeshIngressesTests
{
    [Fact]
    public async Task A_gateway_is_shown_with_its_address_its_routes_and_the_page_to_open()
    {
        await using IngressWorld world = await IngressWorld.StartAsync();
        world.Fake.PutBanzai(address: "203.0.113.7");
        world.Fake.PutGateway();
        world.Fake.PutRoutes();

        MeshIngress ingress = await world.OneAsync();

        Assert.Equal(("fake", "istio-system", "istio-ingressgateway", "LoadBalancer"), (ingress.Cluster, ingress.Namespace, ingress.Name, ingress.Type));
        Assert.Equal((MeshIngressState.Ready, null, 1, 1), (ingress.State, ingress.Message, ingress.ReadyPods, ingress.DesiredPods));
        Assert.Equal(["203.0.113.7"], ingress.Addresses);
        Assert.Equal(["*"], ingress.Hosts);
        Assert.Equal(["http://203.0.113.7/productpage"], ingress.Urls);
        Assert.Equal(["15020/TCP", "80:31380/TCP"], ingress.Ports.Select(port => port.ToString()));
        Assert.Equal(["http://*/productpage -> productpage.demo:9080", "http://*/static... -> productpage.demo:9080"], ingress.Routes.Select(route => route.ToString()));
        Assert.Equal("VirtualService demo/bookinfo", ingress.Routes[0].DefinedBy);
        Assert.Empty(world.Reporter.Warnings);
    }

    [Theory]
    [InlineData("""{"app":"istio-ingressgateway","istio":"ingressgateway"}""", "{}")]
    [InlineData("""{"gateway-name":"demo-gw","gateway-type":"ingress","release":"istio"}""", "{}")]
    [InlineData("""{"app":"istio-ingress","istio":"ingress"}""", """{"app.kubernetes.io/part-of":"istio","helm.sh/chart":"gateway-1.24.2"}""")]
    [InlineData("""{"gateway.networking.k8s.io/gateway-name":"web"}""", """{"gateway.networking.k8s.io/gateway-name":"web"}""")]
    [InlineData("""{"istio.io/gateway-name":"web"}""", "{}")]
    public async Task Gateways_of_every_generation_are_known_by_what_their_makers_put_on_them(string selector, string labels)
    {
        await using IngressWorld world = await IngressWorld.StartAsync();
        world.Fake.PutService("istio-ingress", "the-gateway", "ClusterIP", selector, 80, null, null, labels);
        world.Fake.PutPod("istio-ingress", "the-gateway-1", selector);

        MeshIngress ingress = await world.OneAsync();

        Assert.Equal("istio-ingress/the-gateway", ingress.ToString());
        Assert.Equal((MeshIngressState.Unrouted, "no Gateway opens a port on it"), (ingress.State, ingress.Message));
        Assert.Equal(["10.96.0.17"], ingress.Addresses);
    }

    [Theory]
    [InlineData("""{"app":"istio-egressgateway","istio":"egressgateway"}""", "{}")]
    [InlineData("""{"gateway-name":"out","gateway-type":"egress"}""", "{}")]
    [InlineData("""{"gateway.networking.k8s.io/gateway-name":"waypoint"}""", """{"gateway.networking.k8s.io/gateway-class-name":"istio-waypoint"}""")]
    [InlineData("""{"app":"productpage"}""", "{}")]
    public async Task Ways_out_waypoints_and_applications_are_no_ingress(string selector, string labels)
    {
        await using IngressWorld world = await IngressWorld.StartAsync();
        world.Fake.PutService("istio-system", "other", "ClusterIP", selector, 80, null, null, labels);
        world.Fake.PutPod("istio-system", "other-1", selector);
        world.Fake.PutGateway(selector: """{"istio":"egressgateway"}""");

        Assert.Empty(await world.ListAsync());
    }

    [Fact]
    public async Task A_gateway_without_known_labels_is_found_by_the_Gateway_that_selects_its_pods()
    {
        await using IngressWorld world = await IngressWorld.StartAsync();
        world.Fake.PutService("edge", "front", "NodePort", """{"app":"front"}""", 80, 30080, null);
        world.Fake.PutPod("edge", "front-1", """{"app":"front","role":"door"}""");
        world.Fake.PutPod("edge", "lone", """{"role":"door"}""");
        world.Fake.PutGateway(selector: """{"role":"door"}""");
        world.Fake.PutRoutes();

        MeshIngress ingress = await world.OneAsync();

        Assert.Equal("edge/front", ingress.ToString());
        // The node may not be there to be read, but its pods know an address.
        Assert.Equal(["http://127.0.0.1:30080/productpage"], ingress.Urls);
    }

    [Fact]
    public async Task The_Gateway_API_is_read_where_it_is_served()
    {
        await using IngressWorld world = await IngressWorld.StartAsync();
        world.Fake.Cluster.Served.AddRange([
            ("gateway.networking.k8s.io/v1", "gateways", "Gateway", true), ("gateway.networking.k8s.io/v1", "httproutes", "HTTPRoute", true)]);
        world.Fake.PutService("shop", "web-istio", "LoadBalancer", """{"gateway.networking.k8s.io/gateway-name":"web"}""", 80, null, "203.0.113.9");
        world.Fake.PutPod("shop", "web-istio-1", """{"gateway.networking.k8s.io/gateway-name":"web"}""");
        world.Fake.Cluster.Put("/apis/gateway.networking.k8s.io/v1/namespaces/shop/gateways/web", """
            {"apiVersion":"gateway.networking.k8s.io/v1","kind":"Gateway","metadata":{"name":"web","namespace":"shop"},"spec":{"gatewayClassName":"istio",
              "listeners":[{"name":"http","port":80,"protocol":"HTTP","hostname":"*.example.com"},{"name":"extra","port":8081,"protocol":"HTTP"}]}}
            """);
        world.Fake.Cluster.Put("/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes/cart", """
            {"apiVersion":"gateway.networking.k8s.io/v1","kind":"HTTPRoute","metadata":{"name":"cart","namespace":"shop"},"spec":{
              "parentRefs":[{"name":"web","sectionName":"http"}],"hostnames":["shop.example.com","elsewhere.test"],
              "rules":[{"matches":[{"path":{"type":"PathPrefix","value":"/cart"}},{"method":"POST","path":{"type":"Exact","value":"/pay"}}],"backendRefs":[{"name":"cart","port":8080}]}]}}
            """);

        MeshIngress ingress = await world.OneAsync();

        Assert.Equal(
            ["http://shop.example.com/cart... -> cart.shop:8080", "http://shop.example.com/pay (method POST) -> cart.shop:8080"],
            ingress.Routes.Select(route => route.ToString()));
        Assert.Equal(["http://203.0.113.9/cart"], ingress.Urls);
    }

    [Fact]
    public async Task Without_an_address_the_load_balancer_is_pending()
    {
        await using IngressWorld world = await IngressWorld.StartAsync();
        world.Fake.PutBanzai(address: null);

        MeshIngress ingress = await world.OneAsync();

        Assert.Equal((MeshIngressState.Pending, "the load balancer has no address yet"), (ingress.State, ingress.Message));
        Assert.Empty(ingress.Addresses);
        Assert.Empty(ingress.Urls);
    }

    [Fact]
    public async Task Without_a_ready_pod_it_says_why()
    {
        await using IngressWorld world = await IngressWorld.StartAsync();
        world.Fake.PutBanzai(ready: false);

        MeshIngress ingress = await world.OneAsync();

        Assert.Equal((MeshIngressState.NotReady, "pod istio-ingressgateway-6f-1 waits: ImagePullBackOff", 0, 1), (ingress.State, ingress.Message, ingress.ReadyPods, ingress.DesiredPods));
    }

    [Fact]
    public async Task A_VirtualService_counts_only_where_Gateway_host_and_namespace_are_its_own()
    {
        await using IngressWorld world = await IngressWorld.StartAsync();
        world.Fake.PutBanzai();
        world.Fake.PutGateway(hosts: """["other/a.example.com","./b.example.com"]""");

        world.Fake.PutRoutes(hosts: """["a.example.com","b.example.com","c.example.com"]""");
        Assert.Equal(["b.example.com"], (await world.OneAsync()).Hosts);

        world.Fake.PutRoutes(hosts: """["b.example.com"]""", gateway: "other/bookinfo-gateway");
        Assert.Equal((MeshIngressState.Unrouted, "nothing is routed through demo/bookinfo-gateway"), ((await world.OneAsync()).State, (await world.OneAsync()).Message));
    }

    [Theory]
    [InlineData("gateways", "hosts and routes are not complete")]
    [InlineData("virtualservices", "hosts and routes are not complete")]
    [InlineData("deployments", "how many pods there should be is unknown")]
    [InlineData("nodes", "external addresses of nodes are unknown")]
    public async Task What_may_not_be_read_is_told_with_the_permission_and_left_out(string resource, string told)
    {
        await using IngressWorld world = await IngressWorld.StartAsync();
        world.Fake.PutBanzai("NodePort");
        world.Fake.PutGateway();
        world.Fake.PutRoutes();
        world.Fake.Cluster.Refuse = request => request.Path.Value!.Split('/') is var parts && parts[^(resource == "nodes" ? 2 : 1)] == resource && parts.Length > 4 - (resource == "nodes" ? 1 : 0)
            ? (403, $"{resource} is forbidden: User \"u\" cannot list resource \"{resource}\" in API group \"x\" at the cluster scope") : null;

        MeshIngress ingress = await world.OneAsync();

        string warning = Assert.Single(world.Reporter.Warnings);
        Assert.StartsWith(told, warning, StringComparison.OrdinalIgnoreCase);
        Assert.Contains($"resources: [\"{resource}\"]", warning, StringComparison.Ordinal);
        Assert.Equal(MeshIngressState.Ready, ingress.State);
        Assert.Equal(["127.0.0.1"], ingress.Addresses);
    }

    [Fact]
    public async Task A_refusal_of_services_is_an_error()
    {
        await using IngressWorld world = await IngressWorld.StartAsync();
        world.Fake.Cluster.Refuse = request => request.Path == "/api/v1/services" ? (403, "services is forbidden: User \"u\" cannot list resource \"services\" in API group \"\" at the cluster scope") : null;

        Assert.Equal(FailureKind.Forbidden, (await Assert.ThrowsAnyAsync<MeshException>(() => world.ListAsync())).Kind);
    }
}
