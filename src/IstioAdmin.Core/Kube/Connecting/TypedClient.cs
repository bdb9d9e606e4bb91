using k8s;

namespace IstioAdmin.Core.Kube.Connecting;

/// <summary>The typed client on top of our transport instead of its own, so that both know the same TLS, proxy, identity and retries.</summary>
internal sealed class TypedClient : Kubernetes
{
    public TypedClient(Uri server, KubeTransport transport)
        : base(new KubernetesClientConfiguration { Host = server.AbsoluteUri })
    {
        HttpClient.Dispose();
        HttpClient = transport.Http;
        CreateWebSocketBuilder = () => new TransportWebSocketBuilder(transport);
    }
}
