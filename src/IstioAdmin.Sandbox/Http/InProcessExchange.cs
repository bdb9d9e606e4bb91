using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Net.WebSockets;

namespace IstioAdmin.Sandbox.Http;

/// <summary>A request that came from within the process.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "A caller may abort an exchange that has ended; its streams hold nothing but memory.")]
internal sealed class InProcessExchange : HttpExchange
{
    private const int Window = 256 * 1024;

    private readonly HttpRequestMessage _request;
    private readonly Dictionary<string, string> _headers;
    private readonly CancellationTokenSource _aborted = new();
    private readonly TaskCompletionSource<HttpResponseMessage> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Pipe _output = CreatePipe();
    private Pipe? _input;
    private InProcessAnswer? _content;
    private WebSocket? _socket;

    public InProcessExchange(HttpRequestMessage request, Stream body)
    {
        _request = request;
        Body = body;
        Uri uri = request.RequestUri!;
        Path = uri.AbsolutePath;
        Query = uri.Query.Length == 0 ? HttpQuery.Empty : new HttpQuery(uri.Query);
        _headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["Host"] = request.Headers.Host ?? uri.Authority };
        foreach ((string name, IEnumerable<string> values) in request.Headers)
            _headers[name] = string.Join(',', values);
        foreach ((string name, IEnumerable<string> values) in request.Content?.Headers ?? Enumerable.Empty<KeyValuePair<string, IEnumerable<string>>>())
            _headers[name] = string.Join(',', values);
    }

    public override string Method => _request.Method.Method;

    public override string Path { get; }

    public override HttpQuery Query { get; }

    public override IReadOnlyDictionary<string, string> Headers => _headers;

    public override Stream Body { get; }

    public override bool IsWebSocketRequest => Method == "GET" && string.Equals(_headers.GetValueOrDefault("Upgrade"), "websocket", StringComparison.OrdinalIgnoreCase);

    public override CancellationToken Aborted => _aborted.Token;

    public override bool HasStarted => _content is not null || _socket is not null;

    /// <summary>The answer, as soon as it has begun.</summary>
    public Task<HttpResponseMessage> Answer => _answer.Task;

    /// <summary>Lets the request be answered.</summary>
    public async Task RunAsync(HttpHandler handler)
    {
        Exception? failure = null;
        try
        {
            await handler(this).ConfigureAwait(false);
            if (_content is not null)
            {
                await _content.EndAsync().ConfigureAwait(false);
                if (!_content.IsWhole)
                    failure = new InvalidOperationException($"{Method} {Path} was answered with {_content.Written} bytes, which is less than was announced.");
            }
            else if (_socket is null)
            {
                failure = new InvalidOperationException($"{Method} {Path} was not answered.");
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            failure = e;
        }
        _socket?.Dispose();
        if (failure is not null)
            _answer.TrySetException(new HttpRequestException(failure is RefusedRequestException ? failure.Message : "The server failed to answer.", failure));
        await _output.Writer.CompleteAsync(failure is null ? null : new IOException("The answer was cut.", failure)).ConfigureAwait(false);
        if (_input is not null)
            await _input.Reader.CompleteAsync().ConfigureAwait(false);
        await Body.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Tells the handler that nobody wants its answer.</summary>
    public void Abort(CancellationToken cancelled = default)
    {
        if (cancelled.IsCancellationRequested)
            _answer.TrySetCanceled(cancelled);
        // Handlers that listen may do so for long; the caller need not wait for them.
        _ = _aborted.CancelAsync();
    }

    public override Task<Stream> RespondAsync(int status, string? contentType, long? length = null, IReadOnlyDictionary<string, string>? headers = null)
    {
        if (HasStarted)
            throw new InvalidOperationException("The answer has begun before.");
        _content = new InProcessAnswer(_output.Writer, length, Method != "HEAD" && status is not (204 or 304), Abort);
        var content = new InProcessContent(new InProcessContentStream(new PipeInput(_output.Reader), Abort));
        if (contentType is not null)
            content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        if (length is { } bytes)
            content.Headers.TryAddWithoutValidation("Content-Length", bytes.ToString(CultureInfo.InvariantCulture));
        Begin(status, content, headers);
        return Task.FromResult<Stream>(_content);
    }

    public override Task<WebSocket> AcceptWebSocketAsync(string? subprotocol)
    {
        if (HasStarted)
            throw new InvalidOperationException("The answer has begun before.");
        if (!IsWebSocketRequest)
            throw new InvalidOperationException("The client did not ask for a WebSocket.");
        Dictionary<string, string> headers = WebSocketHandshake.Accept(Headers, subprotocol);
        _input = CreatePipe();
        _socket = WebSocketHandshake.Open(Side(_input.Reader, _output.Writer), subprotocol);
        PipeWriter input = _input.Writer;
        Begin(101, new InProcessContent(Side(_output.Reader, input, Abort)), headers);
        return Task.FromResult(_socket);
    }

    private void Begin(int status, HttpContent content, IReadOnlyDictionary<string, string>? headers)
    {
        var response = new HttpResponseMessage((HttpStatusCode)status) { RequestMessage = _request, Content = content };
        foreach ((string name, string value) in headers ?? new Dictionary<string, string>())
        {
            if (!response.Headers.TryAddWithoutValidation(name, value))
                content.Headers.TryAddWithoutValidation(name, value);
        }
        // The caller has gone meanwhile.
        if (!_answer.TrySetResult(response))
            response.Dispose();
    }

    // One end of a two-way connection; closing it tells the other end in both directions.
    private static DuplexStream Side(PipeReader reader, PipeWriter writer, Action? closed = null) => new(
        new PipeInput(reader),
        async bytes =>
        {
            FlushResult sent = await writer.WriteAsync(bytes).ConfigureAwait(false);
            if (sent.IsCompleted)
                throw new IOException("The other side has closed the connection.");
        },
        () =>
        {
            writer.Complete();
            closed?.Invoke();
        });

    private static Pipe CreatePipe() => new(new PipeOptions(pauseWriterThreshold: Window, resumeWriterThreshold: Window / 2, useSynchronizationContext: false));

    private void Abort() => Abort(CancellationToken.None);
}
