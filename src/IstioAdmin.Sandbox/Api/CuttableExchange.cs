using System.Net.WebSockets;
using IstioAdmin.Sandbox.Http;

namespace IstioAdmin.Sandbox.Api;

/// <summary>A request whose answer ends early when it is cut.</summary>
/// <param name="inner">The request.</param>
/// <param name="aborted">Ends with the request, or when it is cut.</param>
internal sealed class CuttableExchange(HttpExchange inner, CancellationToken aborted) : HttpExchange
{
    public override string Method => inner.Method;

    public override string Path => inner.Path;

    public override HttpQuery Query => inner.Query;

    public override IReadOnlyDictionary<string, string> Headers => inner.Headers;

    public override Stream Body => inner.Body;

    public override bool IsWebSocketRequest => inner.IsWebSocketRequest;

    public override CancellationToken Aborted => aborted;

    public override bool HasStarted => inner.HasStarted;

    public override Task<Stream> RespondAsync(int status, string? contentType, long? length = null, IReadOnlyDictionary<string, string>? headers = null)
        => inner.RespondAsync(status, contentType, length, headers);

    public override Task<WebSocket> AcceptWebSocketAsync(string? subprotocol) => inner.AcceptWebSocketAsync(subprotocol);
}
