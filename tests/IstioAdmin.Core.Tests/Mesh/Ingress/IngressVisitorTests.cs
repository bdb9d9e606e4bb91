using System.Net;
using IstioAdmin.Core.Mesh.Ingress;
using IstioAdmin.Testing;
using Microsoft.AspNetCore.Http;

namespace IstioAdmin.Core.Tests.Mesh.Ingress;

public class IngressVisitorTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_page_is_fetched_over_the_load_balancer_and_tells_who_answered()
    {
        await using IngressWorld world = await IngressWorld.StartAsync();
        Open(world);

        IngressPage page = await world.PageAsync();

        Assert.Equal(
            ($"http://127.0.0.1:{world.Fake.Port}/productpage", 200, "OK", "Simple Bookstore App", "istio-envoy", IngressVia.LoadBalancer, false),
            (page.Url.ToString(), page.StatusCode, page.ReasonPhrase, page.Title, page.Server, page.Via, page.Opened));
        Assert.Equal("17", page.Headers["x-envoy-upstream-service-time"]);
        Assert.Equal(["productpage", "details", "reviews v3", "ratings"], page.Services.Select(service => service.ToString()));
        Assert.Equal("reviews-v3-56b65766f-pznnv", page.Services[2].Pod);
        Assert.Equal(FakeIngress.ProductPage, page.Content);
        Assert.Empty(world.Reporter.Warnings);
        Assert.DoesNotContain(world.Fake.Cluster.Requests, request => request.Contains("portforward", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_node_port_is_used_where_there_is_no_load_balancer()
    {
        await using IngressWorld world = await IngressWorld.StartAsync();
        world.Fake.PutBanzai("NodePort", nodePort: world.Fake.Port);
        world.Fake.PutGateway();
        world.Fake.PutRoutes();

        Assert.Equal(IngressVia.NodePort, (await world.PageAsync()).Via);
    }

    [Fact]
    public async Task A_load_balancer_that_nobody_answers_behind_gives_way_to_the_node_port()
    {
        await using IngressWorld world = await IngressWorld.StartAsync();
        int closed = FakeIngress.ClosedPort();
        world.Fake.PutBanzai(port: closed, nodePort: world.Fake.Port);
        world.Fake.PutGateway(closed);
        world.Fake.PutRoutes();

        Assert.Equal(IngressVia.NodePort, (await world.PageAsync()).Via);
    }

    [Theory]
    [InlineData("ClusterIP", null, "has no address outside of the cluster")]
    [InlineData("LoadBalancer", null, "has no address yet")]
    [InlineData("LoadBalancer", "127.0.0.1", "can be reached from here: 127.0.0.1:")]
    public async Task Where_no_address_leads_there_it_goes_through_the_API_server_and_says_so(string type, string? address, string told)
    {
        await using IngressWorld world = await IngressWorld.StartAsync();
        world.Fake.PutService("istio-system", "istio-ingressgateway", type, """{"istio":"ingressgateway"}""", FakeIngress.ClosedPort(), null, address);
        world.Fake.PutPod("istio-system", "gateway-1", """{"istio":"ingressgateway"}""");
        int port = (await world.OneAsync()).Ports[1].Port;
        world.Fake.Cluster.PodPorts[$"istio-system/gateway-1:{port}"] = new IPEndPoint(IPAddress.Loopback, world.Fake.Port);
        world.Fake.PutGateway(port);
        world.Fake.PutRoutes();

        await using IngressVisit visit = await world.VisitAsync();

        Assert.Equal((200, IngressVia.PortForward, "gateway-1", false), (visit.Page.StatusCode, visit.Page.Via, visit.Pod, visit.IsForwarding));
        Assert.Equal($"http://istio-ingressgateway.istio-system:{port}/productpage", visit.Page.Url.ToString());
        string warning = Assert.Single(world.Reporter.Warnings);
        Assert.Contains(told, warning, StringComparison.Ordinal);
        Assert.Contains("through the API server", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_named_target_port_is_looked_up_in_the_pod()
    {
        await using IngressWorld world = await IngressWorld.StartAsync();
        Open(world);
        world.Fake.Cluster.Find("/api/v1/namespaces/istio-system/services/istio-ingressgateway")!["spec"]!["ports"]![1]!["targetPort"] = "http";

        await world.PageAsync(new IngressVisitOptions { PortForward = true });

        Assert.Contains("GET /api/v1/namespaces/istio-system/pods/istio-ingressgateway-6f-1/portforward?ports=8080", world.Fake.Cluster.Requests);
        Assert.Empty(world.Reporter.Warnings);
    }

    [Fact]
    public async Task With_a_browser_a_local_port_leads_there_until_the_visit_ends()
    {
        await using IngressWorld world = await IngressWorld.StartAsync();
        Open(world);
        world.Browser.Obstacle = null;

        await using IngressVisit visit = await world.VisitAsync(new IngressVisitOptions { PortForward = true });

        Assert.True(visit.IsForwarding && visit.Page.Opened);
        Assert.Equal(visit.Page.Url, Assert.Single(world.Browser.Opened));
        using var http = new HttpClient();
        Assert.Contains("Bookstore", await http.GetStringAsync(visit.Page.Url, Cancel), StringComparison.Ordinal);
        await visit.DisposeAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetStringAsync(visit.Page.Url, Cancel));
    }

    [Fact]
    public async Task A_browser_that_does_not_start_ends_the_forwarding_unless_it_is_to_be_kept()
    {
        await using IngressWorld world = await IngressWorld.StartAsync();
        Open(world);
        (world.Browser.Obstacle, world.Browser.Failure) = (null, "no program");

        await using IngressVisit ended = await world.VisitAsync(new IngressVisitOptions { PortForward = true });
        await using IngressVisit kept = await world.VisitAsync(new IngressVisitOptions { PortForward = true, KeepForwarding = true });

        Assert.Equal((false, true), (ended.IsForwarding, kept.IsForwarding));
        Assert.All(world.Reporter.Warnings, warning => Assert.Contains("no program", warning, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_browser_is_sent_to_an_address_and_nowhere_when_it_must_not()
    {
        await using IngressWorld world = await IngressWorld.StartAsync();
        Open(world);
        world.Browser.Obstacle = null;

        Assert.False((await world.PageAsync(new IngressVisitOptions { OpenBrowser = false })).Opened);
        Assert.Empty(world.Browser.Opened);
        Assert.True((await world.PageAsync()).Opened);
        Assert.Single(world.Browser.Opened);
    }

    [Fact]
    public async Task The_host_that_a_route_is_for_is_asked_for_and_a_browser_that_cannot_is_not_sent()
    {
        await using IngressWorld world = await IngressWorld.StartAsync(async context =>
        {
            context.Response.Headers["x-envoy-upstream-service-time"] = "1";
            await context.Response.WriteAsync($"host {context.Request.Host}");
        });
        Open(world, hosts: """["shop.test.invalid"]""");
        world.Browser.Obstacle = null;

        IngressPage page = await world.PageAsync();

        Assert.Equal(("host shop.test.invalid", "shop.test.invalid", false), (page.Content, page.HostName, page.Opened));
        Assert.Empty(world.Browser.Opened);
        Assert.Contains($"127.0.0.1 shop.test.invalid", Assert.Single(world.Reporter.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_many_hosts_one_must_be_named()
    {
        await using IngressWorld world = await IngressWorld.StartAsync(context => context.Response.WriteAsync($"host {context.Request.Host}"));
        Open(world, hosts: """["*.example.com"]""");

        Assert.Equal("IngressHostNameRequired", (await world.FailAsync()).ErrorId);
        Assert.Equal("host a.example.com", (await world.PageAsync(new IngressVisitOptions { HostName = "a.example.com" })).Content);
        Assert.Equal("IngressPageNotFound", (await world.FailAsync(new IngressVisitOptions { HostName = "example.org" })).ErrorId);
    }

    [Fact]
    public async Task Routes_that_no_browser_can_open_are_passed_over()
    {
        await using IngressWorld world = await IngressWorld.StartAsync(context => context.Response.WriteAsync($"path {context.Request.Path}"));
        Open(world, match: """[{"uri":{"regex":"/a.*"}},{"uri":{"exact":"/b"},"method":{"exact":"POST"}},{"uri":{"exact":"/c"},"headers":{"x":{"exact":"1"}}},{"uri":{"prefix":"/d"}}]""");

        Assert.Equal("path /d", (await world.PageAsync()).Content);
        Assert.Equal("path /else", (await world.PageAsync(new IngressVisitOptions { Path = "else?x=1" })).Content);
    }

    [Fact]
    public async Task A_path_without_a_route_is_an_error_that_lists_the_routes()
    {
        await using IngressWorld world = await IngressWorld.StartAsync();
        Open(world);

        MeshException failure = await world.FailAsync(new IngressVisitOptions { Path = "/nothing" });

        Assert.Equal(("IngressRouteNotFound", FailureKind.NotFound), (failure.ErrorId, failure.Kind));
        Assert.Contains("http://*/productpage -> productpage.demo:9080", failure.Message, StringComparison.Ordinal);
        Assert.Equal(404, Assert.IsType<IngressPage>(failure.Target).StatusCode);
    }

    [Fact]
    public async Task A_404_of_the_service_is_a_page()
    {
        await using IngressWorld world = await IngressWorld.StartAsync(async context =>
        {
            context.Response.StatusCode = 404;
            context.Response.Headers.Server = "istio-envoy";
            context.Response.Headers["x-envoy-upstream-service-time"] = "3";
            await context.Response.WriteAsync("no such book");
        });
        Open(world);

        Assert.Equal((404, "no such book"), (await world.PageAsync()) is var page ? (page.StatusCode, page.Content) : default);
    }

    [Theory]
    [InlineData(null, null, "Service demo/productpage does not exist")]
    [InlineData("""{"metadata":{"name":"productpage"},"spec":{"ports":[{"port":80}]}}""", null, "Service demo/productpage has no port 9080")]
    [InlineData("""{"metadata":{"name":"productpage"},"spec":{"ports":[{"port":9080}]}}""", null, "Service demo/productpage has no ready endpoints; no pod with its labels runs")]
    [InlineData("""{"metadata":{"name":"productpage"},"spec":{"ports":[{"port":9080}]}}""", """{"metadata":{"name":"productpage"},"subsets":[{"notReadyAddresses":[{"ip":"10.0.0.1"}]}]}""", "has no ready endpoints (1 not ready)")]
    [InlineData("""{"metadata":{"name":"productpage"},"spec":{"ports":[{"port":9080}]}}""", """{"metadata":{"name":"productpage"},"subsets":[{"addresses":[{"ip":"10.0.0.1"}]}]}""", "has 1 ready endpoints")]
    public async Task An_upstream_that_fails_is_an_error_that_names_the_service(string? service, string? endpoints, string told)
    {
        await using IngressWorld world = await IngressWorld.StartAsync(FakeIngress.UnavailableAsync);
        Open(world);
        if (service is not null)
            world.Fake.Cluster.Put("/api/v1/namespaces/demo/services/productpage", service);
        if (endpoints is not null)
            world.Fake.Cluster.Put("/api/v1/namespaces/demo/endpoints/productpage", endpoints);

        MeshException failure = await world.FailAsync();

        Assert.Equal(("IngressUpstreamUnavailable", FailureKind.Unavailable), (failure.ErrorId, failure.Kind));
        Assert.Contains("no healthy upstream", failure.Message, StringComparison.Ordinal);
        Assert.Contains(told, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Over_TLS_the_page_comes_and_the_certificate_is_not_hidden()
    {
        using System.Security.Cryptography.X509Certificates.X509Certificate2 certificate = TestCertificates.ForLoopback("bookinfo.example.com");
        string? asked = null;
        await using IngressWorld world = await IngressWorld.StartAsync(async context =>
        {
            asked = context.Request.Host.Value;
            await FakeIngress.AnswerAsync(context);
        }, certificate);
        Open(world, hosts: """["bookinfo.example.com"]""", protocol: "HTTPS", tls: """{"mode":"SIMPLE","credentialName":"bookinfo"}""");

        IngressPage page = await world.PageAsync();

        Assert.Equal(("https", 200, "bookinfo.example.com"), (page.Url.Scheme, page.StatusCode, asked));
        Assert.Contains("CN=stand-in, issued by itself", page.Certificate, StringComparison.Ordinal);
        Assert.Contains("not trusted", page.Certificate, StringComparison.Ordinal);
        Assert.Contains("not trusted", Assert.Single(world.Reporter.Warnings), StringComparison.Ordinal);
        Assert.Equal(IngressVia.PortForward, (await world.PageAsync(new IngressVisitOptions { PortForward = true })).Via);
    }

    [Fact]
    public async Task A_port_that_redirects_to_TLS_only_is_no_page()
    {
        await using IngressWorld world = await IngressWorld.StartAsync();
        Open(world, tls: """{"httpsRedirect":true}""");

        MeshIngress ingress = await world.OneAsync();

        Assert.Equal("redirect to https", ingress.Routes[0].Answer);
        Assert.Empty(ingress.Urls);
        Assert.Equal("IngressPageNotFound", (await world.FailAsync()).ErrorId);
    }

    [Fact]
    public async Task A_gateway_that_does_not_speak_is_an_error()
    {
        await using IngressWorld world = await IngressWorld.StartAsync(context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        Open(world);

        Assert.Equal(("IngressConnectionFailed", FailureKind.Connection), (await world.FailAsync()) is var failure ? (failure.ErrorId, failure.Kind) : default);
    }

    [Fact]
    public async Task A_gateway_that_keeps_silent_is_given_up()
    {
        await using IngressWorld world = await IngressWorld.StartAsync(context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        Open(world);

        MeshException failure = await world.FailAsync(new IngressVisitOptions { Timeout = TimeSpan.FromSeconds(2) });

        Assert.Equal(("IngressTimedOut", FailureKind.Timeout), (failure.ErrorId, failure.Kind));
    }

    [Fact]
    public async Task Without_a_ready_pod_nothing_is_tried()
    {
        await using IngressWorld world = await IngressWorld.StartAsync();
        Open(world);
        world.Fake.PutPod("istio-system", "istio-ingressgateway-6f-1", """{"app":"istio-ingressgateway","istio":"ingressgateway"}""", ready: false);

        MeshException failure = await world.FailAsync();

        Assert.Equal("IngressNotReady", failure.ErrorId);
        Assert.Contains("(0 of 1): pod istio-ingressgateway-6f-1 waits: ImagePullBackOff", failure.Message, StringComparison.Ordinal);
        Assert.Empty(world.Fake.Gateway.Requests);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData(null)]
    public async Task Without_a_Gateway_it_says_what_to_make(string? address)
    {
        await using IngressWorld world = await IngressWorld.StartAsync();
        world.Fake.PutBanzai(address: address);

        MeshException failure = await world.FailAsync();

        Assert.Equal("IngressUnrouted", failure.ErrorId);
        Assert.Contains("Install-Bookinfo -WithGateway", failure.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_no_way_leads_there_the_error_names_all_of_them()
    {
        await using IngressWorld world = await IngressWorld.StartAsync();
        world.Fake.PutBanzai("ClusterIP");
        world.Fake.PutGateway();
        world.Fake.PutRoutes();
        world.Fake.Cluster.PodPorts.Clear();

        MeshException silent = await world.FailAsync();
        world.Fake.Cluster.Refuse = request => request.Path.Value!.EndsWith("/portforward", StringComparison.Ordinal)
            ? (403, "pods \"x\" is forbidden: User \"u\" cannot get resource \"pods/portforward\" in API group \"\" in the namespace \"istio-system\"") : null;
        MeshException refused = await world.FailAsync();

        Assert.Equal(("IngressNotReachable", FailureKind.Connection), (silent.ErrorId, silent.Kind));
        Assert.Contains("connection refused", silent.Message, StringComparison.Ordinal);
        Assert.Equal(("IngressNotReachable", FailureKind.Forbidden), (refused.ErrorId, refused.Kind));
        Assert.Contains("pods/portforward", refused.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_local_port_that_is_taken_is_an_error_before_anything_is_fetched()
    {
        await using IngressWorld world = await IngressWorld.StartAsync();
        Open(world);

        MeshException failure = await world.FailAsync(new IngressVisitOptions { PortForward = true, KeepForwarding = true, LocalPort = world.Fake.Port });

        Assert.Equal("LocalPortNotAvailable", failure.ErrorId);
        Assert.Empty(world.Fake.Gateway.Requests);
    }

    private static void Open(
        IngressWorld world, string hosts = """["*"]""", string match = """[{"uri":{"exact":"/productpage"}},{"uri":{"prefix":"/static"}}]""", string protocol = "HTTP", string tls = "null")
    {
        world.Fake.PutBanzai(port: world.Fake.Port);
        world.Fake.PutGateway(world.Fake.Port, protocol: protocol, tls: tls);
        world.Fake.PutRoutes(hosts, match);
    }
}
