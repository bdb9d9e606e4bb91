using System.Net.WebSockets;

namespace IstioAdmin.Sandbox.Http;

/// <summary>Answers one request.</summary>
internal delegate Task HttpHandler(HttpExchange exchange);

/// <summary>
/// A request and the way to answer it, whatever carried it: a connection on loopback, or a call within the process.
/// </summary>
internal abstract class HttpExchange
{
    /// <summary>The method, in upper case.</summary>
    public abstract string Method { get; }

    /// <summary>The path as it was sent: percent-encoded, without the query.</summary>
    public abstract string Path { get; }

    /// <summary>The query's parameters.</summary>
    public abstract HttpQuery Query { get; }

    /// <summary>The request's headers; their names compare without regard to case, several of one name are joined with a comma.</summary>
    public abstract IReadOnlyDictionary<string, string> Headers { get; }

    /// <summary>The request's body; empty when there is none.</summary>
    public abstract Stream Body { get; }

    /// <summary>Whether the client asks for a WebSocket.</summary>
    public abstract bool IsWebSocketRequest { get; }

    /// <summary>Ends when the client went away or the server stops.</summary>
    public abstract CancellationToken Aborted { get; }

    /// <summary>Whether the answer has begun.</summary>
    public abstract bool HasStarted { get; }

    /// <summary>Begins the answer.</summary>
    /// <param name="status">The status code.</param>
    /// <param name="contentType">The type of the content; null when there is none.</param>
    /// <param name="length">The length of the content, in bytes; null when it is not known yet: it is chunked then, and each flush is sent at once.</param>
    /// <param name="headers">Further headers.</param>
    /// <returns>Where the content goes; disposing of it ends the answer.</returns>
    /// <exception cref="InvalidOperationException">The answer has begun before.</exception>
    public abstract Task<Stream> RespondAsync(int status, string? contentType, long? length = null, IReadOnlyDictionary<string, string>? headers = null);

    /// <summary>Turns the connection into a WebSocket (RFC 6455).</summary>
    /// <param name="subprotocol">The subprotocol that was chosen; null for none.</param>
    /// <exception cref="InvalidOperationException">The client did not ask for one, or the answer has begun before.</exception>
    public abstract Task<WebSocket> AcceptWebSocketAsync(string? subprotocol);
}
