using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace IstioAdmin.Testing;

/// <summary>A cluster with an ingress gateway, whose proxy is an HTTP server on loopback that answers as a test says.</summary>
public sealed class FakeIngress : IAsyncDisposable
{
    /// <summary>Bookinfo's page as the product page of release 1.18 and newer writes it, as far as it shows who answered.</summary>
    public const string ProductPage = """
        <html><head><title>Simple Bookstore
        App</title></head><body><h4>Book Details</h4><h4>Book Reviews</h4>
        <div class="flex gap-x-1 text-red-500"><svg id="glyphicon glyphicon-star"></svg></div>
        <div class="mt-0.5">Reviews served by:
           reviews-v3-56b65766f-pznnv
        </div></body></html>
        """;

    private FakeIngress(FakeObjectServer cluster, FakeApiServer gateway)
    {
        Cluster = cluster;
        Gateway = gateway;
    }

    public FakeObjectServer Cluster { get; }

    /// <summary>The proxy.</summary>
    public FakeApiServer Gateway { get; }

    /// <summary>The port on which the proxy listens.</summary>
    public int Port => Gateway.Uri.Port;

    /// <summary>A port on which nobody listens.</summary>
    public static int ClosedPort()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Starts both; without an answer of the test's own the gateway has Bookinfo's product page and nothing else.</summary>
    public static async Task<FakeIngress> StartAsync(RequestDelegate? answer = null, X509Certificate2? certificate = null)
    {
        FakeObjectServer cluster = await FakeObjectServer.StartAsync();
        cluster.RoutingVersions = ["v1alpha3"];
        return new FakeIngress(cluster, await FakeApiServer.StartAsync(answer ?? AnswerAsync, certificate));
    }

    /// <summary>Answers like Envoy in front of Bookinfo.</summary>
    public static async Task AnswerAsync(HttpContext context)
    {
        context.Response.Headers.Server = "istio-envoy";
        if (context.Request.Path != "/productpage")
        {
            context.Response.StatusCode = 404;
            return;
        }
        context.Response.Headers["x-envoy-upstream-service-time"] = "17";
        context.Response.ContentType = "text/html; charset=utf-8";
        await context.Response.WriteAsync(ProductPage);
    }

    /// <summary>Answers as Envoy does when nobody is behind it.</summary>
    public static async Task UnavailableAsync(HttpContext context)
    {
        context.Response.Headers.Server = "istio-envoy";
        context.Response.StatusCode = 503;
        context.Response.ContentType = "text/plain";
        await context.Response.WriteAsync("no healthy upstream");
    }

    /// <summary>The gateway as Banzai's operator of release 1.1 makes it, with one pod, its node, and a load balancer's address where one is given.</summary>
    public void PutBanzai(string type = "LoadBalancer", int? port = null, int? nodePort = null, string? address = "127.0.0.1", bool ready = true, string ns = "istio-system")
    {
        PutService(ns, "istio-ingressgateway", type, """{"app":"istio-ingressgateway","istio":"ingressgateway"}""", port ?? 80, nodePort ?? 31380, address);
        PutPod(ns, "istio-ingressgateway-6f-1", """{"app":"istio-ingressgateway","istio":"ingressgateway","pod-template-hash":"6f"}""", ready);
        Cluster.Put($"/apis/apps/v1/namespaces/{ns}/deployments/istio-ingressgateway", """
            {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"istio-ingressgateway","namespace":"istio-system"},
             "spec":{"replicas":1,"template":{"metadata":{"labels":{"app":"istio-ingressgateway","istio":"ingressgateway"}}}}}
            """);
        Cluster.Put("/api/v1/nodes/node-1", """
            {"metadata":{"name":"node-1"},"status":{"addresses":[{"type":"Hostname","address":"node-1"},{"type":"InternalIP","address":"127.0.0.1"}]}}
            """);
    }

    public void PutService(string ns, string name, string type, string selector, int port, int? nodePort, string? address, string labels = "{}")
    {
        var service = JsonNode.Parse($$"""
            {"apiVersion":"v1","kind":"Service","metadata":{"name":"{{name}}","namespace":"{{ns}}","labels":{{labels}} },
             "spec":{"type":"{{type}}","clusterIP":"10.96.0.17","selector":{{selector}},
               "ports":[{"name":"status-port","port":15020,"protocol":"TCP","targetPort":15020},{"name":"http2","port":{{port}},"protocol":"TCP","targetPort":{{port}}}]},
             "status":{"loadBalancer":{} } }
            """)!.AsObject();
        if (type != "ClusterIP" && nodePort is not null)
            service["spec"]!["ports"]![1]!["nodePort"] = nodePort;
        if (type == "LoadBalancer" && address is not null)
            service["status"]!["loadBalancer"]!["ingress"] = new JsonArray(new JsonObject { [IPAddress.TryParse(address, out _) ? "ip" : "hostname"] = address });
        Cluster.Put($"/api/v1/namespaces/{ns}/services/{name}", service.ToJsonString());
    }

    /// <summary>A pod of a gateway; what it forwards of its port 80 and of its container port "http" leads to the proxy.</summary>
    public void PutPod(string ns, string name, string labels, bool ready = true)
    {
        string state = ready ? """{"running":{}}""" : """{"waiting":{"reason":"ImagePullBackOff"}}""";
        Cluster.Put($"/api/v1/namespaces/{ns}/pods/{name}", $$"""
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"{{name}}","namespace":"{{ns}}","labels":{{labels}} },
             "spec":{"nodeName":"node-1","containers":[{"name":"istio-proxy","image":"docker.io/istio/proxyv2:1.1.14","ports":[{"name":"http","containerPort":8080}]}]},
             "status":{"phase":"Running","hostIP":"127.0.0.1","conditions":[{"type":"Ready","status":"{{(ready ? "True" : "False")}}"}],
               "containerStatuses":[{"name":"istio-proxy","state":{{state}} }]} }
            """);
        foreach (int port in (int[])[80, 8080, Port])
            Cluster.PodPorts[$"{ns}/{name}:{port}"] = new IPEndPoint(IPAddress.Loopback, Port);
    }

    /// <summary>A Gateway of Istio that opens one port.</summary>
    public void PutGateway(int port = 80, string selector = """{"istio":"ingressgateway"}""", string hosts = """["*"]""", string protocol = "HTTP", string tls = "null", string name = "bookinfo-gateway") =>
        Cluster.Put($"/apis/networking.istio.io/v1alpha3/namespaces/demo/gateways/{name}", $$"""
            {"apiVersion":"networking.istio.io/v1alpha3","kind":"Gateway","metadata":{"name":"{{name}}","namespace":"demo"},
             "spec":{"selector":{{selector}},"servers":[{"port":{"number":{{port}},"name":"main","protocol":"{{protocol}}"},"hosts":{{hosts}},"tls":{{tls}} }]} }
            """);

    /// <summary>Bookinfo's VirtualService.</summary>
    public void PutRoutes(string hosts = """["*"]""", string match = """[{"uri":{"exact":"/productpage"}},{"uri":{"prefix":"/static"}}]""", string gateway = "bookinfo-gateway") =>
        Cluster.Put("/apis/networking.istio.io/v1alpha3/namespaces/demo/virtualservices/bookinfo", $$"""
            {"apiVersion":"networking.istio.io/v1alpha3","kind":"VirtualService","metadata":{"name":"bookinfo","namespace":"demo"},
             "spec":{"hosts":{{hosts}},"gateways":["{{gateway}}"],"http":[{"match":{{match}},"route":[{"destination":{"host":"productpage","port":{"number":9080} } }]}]} }
            """);

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Cluster.DisposeAsync();
    }
}
