using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Net.WebSockets;

namespace IstioAdmin.Sandbox.Http;

/// <summary>A request that came over a connection.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "The streams are views of the connection, which is not theirs to close.")]
internal sealed class LoopbackExchange : HttpExchange
{
    private static readonly ReadOnlyMemory<byte> LastChunk = "0\r\n\r\n"u8.ToArray();

    private readonly LoopbackConnection _connection;
    private readonly RequestHead _head;
    private readonly RequestBodyStream _body;
    private readonly HttpLimits _limits;
    private LoopbackAnswer? _answer;
    private WebSocket? _socket;
    private bool _isChunked;
    private bool _keepsAlive;

    public LoopbackExchange(LoopbackConnection connection, RequestHead head, PipeReader input, HttpLimits limits)
    {
        _connection = connection;
        _head = head;
        _limits = limits;
        _keepsAlive = head.KeepsAlive;
        _body = new RequestBodyStream(input, head.ContentLength, limits.BodyTimeout, head.ExpectsContinue ? ContinueAsync : null);
    }

    public override string Method => _head.Method;

    public override string Path => _head.Path;

    public override HttpQuery Query => _head.Query;

    public override IReadOnlyDictionary<string, string> Headers => _head.Headers;

    public override Stream Body => _body;

    public override bool IsWebSocketRequest => _head.IsWebSocketRequest;

    public override CancellationToken Aborted => _connection.Aborted;

    public override bool HasStarted => _answer is not null || _socket is not null;

    public override async Task<Stream> RespondAsync(
        int status, string? contentType, long? length = null, IReadOnlyDictionary<string, string>? headers = null)
    {
        if (HasStarted)
            throw new InvalidOperationException("The answer has begun before.");
        bool mayHaveContent = status is not (204 or 304);
        bool hasContent = mayHaveContent && Method != "HEAD";
        _isChunked = hasContent && length is null && !_head.IsOld;
        // Without a length and without chunks the end of the connection is the end of the answer. A client that was not told to send its body
        // may send it or not.
        if (_body.IsAwaited || (hasContent && length is null && !_isChunked) || _connection.IsStopping)
            _keepsAlive = false;

        var all = new List<KeyValuePair<string, string>>();
        if (contentType is not null)
            all.Add(new("Content-Type", contentType));
        if (_isChunked)
            all.Add(new("Transfer-Encoding", "chunked"));
        else if (length is { } bytes && mayHaveContent)
            all.Add(new("Content-Length", bytes.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        if (!_keepsAlive)
            all.Add(new("Connection", "close"));
        else if (_head.IsOld)
            all.Add(new("Connection", "keep-alive"));
        _answer = new LoopbackAnswer(_connection, ResponseHead.Write(status, headers is null ? all : all.Concat(headers)), length, hasContent, _isChunked);
        // Who waits for events wants to know that the answer has begun.
        if (_isChunked)
            await _answer.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        return _answer;
    }

    public override async Task<WebSocket> AcceptWebSocketAsync(string? subprotocol)
    {
        if (HasStarted)
            throw new InvalidOperationException("The answer has begun before.");
        if (!IsWebSocketRequest)
            throw new InvalidOperationException("The client did not ask for a WebSocket.");
        Dictionary<string, string> headers = WebSocketHandshake.Accept(Headers, subprotocol);
        _keepsAlive = false;
        await _connection.WriteAsync(ResponseHead.Write(101, headers)).ConfigureAwait(false);
        return _socket = WebSocketHandshake.Open(_connection.Upgrade(), subprotocol);
    }

    /// <summary>Ends the answer when its handler has returned.</summary>
    /// <returns>Whether the connection can take another request.</returns>
    /// <exception cref="IOException">The client is gone.</exception>
    /// <exception cref="InvalidOperationException">The handler did not keep to its word.</exception>
    public async Task<bool> FinishAsync()
    {
        if (_socket is not null)
        {
            _socket.Dispose();
            return false;
        }
        if (_answer is null)
            throw new InvalidOperationException($"{Method} {Path} was not answered.");
        await _answer.EndAsync().ConfigureAwait(false);
        if (!_answer.IsWhole)
            throw new InvalidOperationException($"{Method} {Path} was answered with {_answer.Written} bytes, which is less than was announced.");
        if (_isChunked)
            await _connection.WriteAsync(LastChunk).ConfigureAwait(false);
        return _keepsAlive && await _body.DrainAsync(_limits.DrainBytes).ConfigureAwait(false);
    }

    private async Task ContinueAsync()
    {
        if (!HasStarted)
            await _connection.WriteAsync(ResponseHead.Continue).ConfigureAwait(false);
    }
}
