using System.Net;
using IstioAdmin.Core.Kube.Failures;

namespace IstioAdmin.Core.Kube.Connecting;

/// <summary>Keeps the server's answer to a refused WebSocket handshake, of which <c>ClientWebSocket</c> would report the status code only.</summary>
internal sealed class UpgradeHandler : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.SwitchingProtocols)
            return response;
        using (response)
        {
            throw new UpgradeRefusedException(response.StatusCode, await KubeFailure.ReadBodyAsync(response.Content, cancellationToken).ConfigureAwait(false));
        }
    }
}
