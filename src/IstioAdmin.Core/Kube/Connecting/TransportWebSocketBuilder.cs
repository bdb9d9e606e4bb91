using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using k8s;

namespace IstioAdmin.Core.Kube.Connecting;

/// <summary>Opens the typed client's WebSockets through our transport, which knows the TLS server name, the proxy and the identity.</summary>
internal sealed class TransportWebSocketBuilder : WebSocketBuilder
{
    private readonly KubeTransport _transport;

    public TransportWebSocketBuilder(KubeTransport transport) => _transport = transport;

    // A socket that uses somebody's transport must not have certificates of its own.
    public override WebSocketBuilder AddClientCertificate(X509Certificate2 certificate) => this;

    public override async Task<WebSocket> BuildAndConnectAsync(Uri uri, CancellationToken cancellationToken)
    {
        await WebSocket.ConnectAsync(uri, _transport.WebSockets, cancellationToken).ConfigureAwait(false);
        return WebSocket;
    }
}
