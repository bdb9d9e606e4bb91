using IstioAdmin.Cluster.Tests.Kube;
using IstioAdmin.Core;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Connecting;
using IstioAdmin.Core.Mesh.Ingress;
using IstioAdmin.Testing;

namespace IstioAdmin.Cluster.Tests.Ingress;

/// <summary>A page through a gateway's pod on a real node; the proxy is a plain HTTP server, for the testbed has no Envoy.</summary>
[Collection(MeshNode.Collection)]
public sealed class IngressTests(Testbed testbed)
{
    private static CancellationToken Cancel => LiveClient.Cancel;

    [Fact]
    public async Task A_page_is_fetched_from_a_pod_on_the_node()
    {
        MeshNode node = await testbed.NodeAsync();
        string ns = await node.ControlPlane.CreateNamespaceAsync("ingress");
        MeshCluster cluster = await ClusterConnector.ConnectAsync(new ConnectOptions { Kubeconfig = [node.Kubeconfig] }, LiveClient.Reporter, Cancel);
        using KubeClient client = cluster.Client;
        await using RoutingDefinitions definitions = await RoutingDefinitions.CreateAsync(client.Api, "v1beta1");
        await node.ControlPlane.ApplyAsync(Gateway(ns), ns);
        await node.ControlPlane.KubectlAsync("wait", "pods", "--all", "--for=condition=Ready", "--timeout=90s", "--namespace", ns);

        MeshIngress ingress = Assert.Single(await MeshIngresses.ListAsync(cluster, ns, (_, _) => true, LiveClient.Reporter, Cancel));
        await using IngressVisit forwarded = await VisitAsync(cluster, ingress, new IngressVisitOptions { PortForward = true, KeepForwarding = true, OpenBrowser = false });
        // Whether the node passes node ports on is up to it; the page comes in any case.
        await using IngressVisit visit = await VisitAsync(cluster, ingress, new IngressVisitOptions { OpenBrowser = false });
        await node.ControlPlane.KubectlAsync("delete", "pod", "gateway", "--namespace", ns);
        MeshIngress without = Assert.Single(await MeshIngresses.ListAsync(cluster, ns, (_, _) => true, LiveClient.Reporter, Cancel));
        MeshException failure = await Assert.ThrowsAnyAsync<MeshException>(() => VisitAsync(cluster, without, new IngressVisitOptions { OpenBrowser = false }));

        Assert.Equal((MeshIngressState.Ready, "NodePort", 1), (ingress.State, ingress.Type, ingress.ReadyPods));
        Assert.Equal("/productpage", Assert.Single(ingress.Routes).Path);
        Assert.Equal((200, "Simple Bookstore App", IngressVia.PortForward), (forwarded.Page.StatusCode, forwarded.Page.Title, forwarded.Page.Via));
        Assert.Equal((200, "Simple Bookstore App"), (visit.Page.StatusCode, visit.Page.Title));
        Assert.Equal("IngressNotReady", failure.ErrorId);
    }

    private static Task<IngressVisit> VisitAsync(MeshCluster cluster, MeshIngress ingress, IngressVisitOptions options) =>
        IngressVisitor.VisitAsync(cluster, ingress, options, LiveClient.Reporter, Cancel);

    private static string Gateway(string ns) => """
        apiVersion: v1
        kind: Pod
        metadata: {name: gateway, labels: {app: istio-ingressgateway, istio: ingressgateway, of: NAMESPACE}}
        spec:
          terminationGracePeriodSeconds: 1
          containers:
          - name: istio-proxy
            image: registry.local/busybox:1
            imagePullPolicy: IfNotPresent
            command: [sh, -c, "mkdir -p /tmp/www; echo '<title>Simple Bookstore App</title>' >/tmp/www/productpage; exec httpd -f -p 8080 -h /tmp/www"]
            ports: [{name: http, containerPort: 8080}]
            readinessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: istio-ingressgateway}
        spec:
          type: NodePort
          selector: {istio: ingressgateway, of: NAMESPACE}
          ports: [{name: http2, port: 80, targetPort: http}]
        ---
        apiVersion: networking.istio.io/v1beta1
        kind: Gateway
        metadata: {name: bookinfo-gateway}
        spec:
          selector: {istio: ingressgateway}
          servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]
        ---
        apiVersion: networking.istio.io/v1beta1
        kind: VirtualService
        metadata: {name: bookinfo}
        spec:
          hosts: ["*"]
          gateways: [bookinfo-gateway]
          http: [{match: [{uri: {exact: /productpage}}], route: [{destination: {host: productpage, port: {number: 9080}}}]}]
        """.Replace("NAMESPACE", ns, StringComparison.Ordinal);
}
