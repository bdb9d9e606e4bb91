using System.Net;

namespace IstioAdmin.Core.Kube.Failures;

/// <summary>The server answered a WebSocket handshake with an ordinary response; carries what <c>ClientWebSocket</c> would throw away.</summary>
internal sealed class UpgradeRefusedException : Exception
{
    public UpgradeRefusedException(HttpStatusCode statusCode, byte[] body)
        : base($"The server answered HTTP {(int)statusCode} instead of switching protocols.")
    {
        StatusCode = statusCode;
        Body = body;
    }

    public HttpStatusCode StatusCode { get; }

    public byte[] Body { get; }
}
