using System.Buffers;
using System.IO.Pipelines;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace IstioAdmin.Sandbox.Http;

/// <summary>One client's connection: its requests are answered one after another.</summary>
/// <remarks>
/// What the client sends is read all the time, also while a request is being answered, so that it is known at once when the client goes away.
/// </remarks>
internal sealed class LoopbackConnection : IDisposable
{
    private const byte TlsHandshake = 0x16;
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(1);

    private readonly Socket? _socket;
    private readonly HttpHandler _handler;
    private readonly SslServerAuthenticationOptions? _tls;
    private readonly HttpLimits _limits;
    private readonly Action<Exception> _onError;
    private readonly CancellationTokenSource _aborted = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Pipe _input = new(new PipeOptions(pauseWriterThreshold: 256 * 1024, resumeWriterThreshold: 128 * 1024, useSynchronizationContext: false));
    private Stream _stream;
    private long _written;
    private bool _isUpgraded;

    public LoopbackConnection(Socket socket, HttpHandler handler, SslServerAuthenticationOptions? tls, HttpLimits limits, Action<Exception> onError)
    {
        _socket = socket;
        _handler = handler;
        _tls = tls;
        _limits = limits;
        _onError = onError;
        _stream = new NetworkStream(socket, ownsSocket: false);
    }

    /// <param name="stream">Both directions of a connection that something else carries, without TLS; disposed of with this.</param>
    /// <param name="handler">Answers the requests.</param>
    /// <param name="limits">What it puts up with.</param>
    /// <param name="onError">Told what handlers fail with.</param>
    public LoopbackConnection(Stream stream, HttpHandler handler, HttpLimits limits, Action<Exception> onError)
    {
        _handler = handler;
        _limits = limits;
        _onError = onError;
        _stream = stream;
    }

    /// <summary>Ends when the client went away or the server's patience on stopping is over.</summary>
    public CancellationToken Aborted => _aborted.Token;

    /// <summary>Whether this is the last request.</summary>
    public bool IsStopping => _stopping.IsCancellationRequested;

    /// <summary>Serves the client until it or the server has enough.</summary>
    public async Task RunAsync()
    {
        try
        {
            if (await OpenAsync().ConfigureAwait(false))
                await TalkAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or AuthenticationException or OperationCanceledException)
        {
            // The client is gone, does not trust us, or was too slow.
        }
        finally
        {
            Abort();
            Disconnect();
        }
    }

    /// <summary>Takes no further request; closes the connection now when it has none.</summary>
    public void Stop() => Cancel(_stopping);

    /// <summary>Tells the handler that nobody wants its answer.</summary>
    public void Abort() => Cancel(_aborted);

    /// <summary>Cuts the connection.</summary>
    public void Disconnect()
    {
        try
        {
            // While a read is under way, disposing of the socket alone would throw away what was sent.
            _socket?.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
        }
        _stream.Dispose();
        _socket?.Dispose();
    }

    /// <summary>Sends bytes.</summary>
    /// <exception cref="IOException">The client is gone.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await _stream.WriteAsync(bytes).ConfigureAwait(false);
            await _stream.FlushAsync().ConfigureAwait(false);
            Interlocked.Add(ref _written, bytes.Length);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            Abort();
            throw e as IOException ?? new IOException("The client closed the connection.", e);
        }
    }

    /// <summary>Both directions of the connection, once it speaks another protocol.</summary>
    public Stream Upgrade()
    {
        _isUpgraded = true;
        return new DuplexStream(new PipeInput(_input.Reader), WriteAsync, Disconnect);
    }

    public void Dispose()
    {
        Disconnect();
        _aborted.Dispose();
        _stopping.Dispose();
    }

    private async Task<bool> OpenAsync()
    {
        if (_tls is null || _socket is null)
            return true;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        patience.CancelAfter(_limits.HeadTimeout);
        var first = new byte[1];
        if (await _socket.ReceiveAsync(first, SocketFlags.Peek, patience.Token).ConfigureAwait(false) == 0)
            return false;
        if (first[0] != TlsHandshake)
        {
            await RefuseAsync(new RefusedRequestException(400, "Client sent an HTTP request to an HTTPS server.")).ConfigureAwait(false);
            await LingerAsync(_stream).ConfigureAwait(false);
            return false;
        }
        var tls = new SslStream(_stream, leaveInnerStreamOpen: false);
        _stream = tls;
        await tls.AuthenticateAsServerAsync(_tls, patience.Token).ConfigureAwait(false);
        return true;
    }

    private async Task TalkAsync()
    {
        Task filling = FillAsync();
        bool mayBeSending = false;
        try
        {
            while (!mayBeSending && await ReadHeadAsync().ConfigureAwait(false) is { } head)
                mayBeSending = !await ServeAsync(head).ConfigureAwait(false) || IsStopping;
        }
        catch (RefusedRequestException e)
        {
            mayBeSending = true;
            await RefuseAsync(e).ConfigureAwait(false);
        }
        if (mayBeSending && !_isUpgraded && !Aborted.IsCancellationRequested)
            await LingerAsync(_input.Reader.AsStream()).ConfigureAwait(false);
        Disconnect();
        await _input.Reader.CompleteAsync().ConfigureAwait(false);
        await filling.ConfigureAwait(false);
    }

    private async Task FillAsync()
    {
        PipeWriter writer = _input.Writer;
        bool isBroken = false;
        try
        {
            FlushResult flushed = default;
            while (!flushed.IsCompleted)
            {
                int count = await _stream.ReadAsync(writer.GetMemory(16 * 1024)).ConfigureAwait(false);
                if (count == 0)
                    break;
                writer.Advance(count);
                flushed = await writer.FlushAsync().ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            isBroken = true;
        }
        await writer.CompleteAsync().ConfigureAwait(false);
        if (!isBroken && !_isUpgraded)
            await WaitWhileAnswersMoveAsync().ConfigureAwait(false);
        Abort();
    }

    // The client sends no more; whether it still reads, only the next write can tell.
    private async Task WaitWhileAnswersMoveAsync()
    {
        long before = -1;
        while (!Aborted.IsCancellationRequested && before != Interlocked.Read(ref _written))
        {
            before = Interlocked.Read(ref _written);
            await Task.Delay(_limits.HalfClosedTimeout, Aborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<RequestHead?> ReadHeadAsync()
    {
        PipeReader input = _input.Reader;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        patience.CancelAfter(_limits.IdleTimeout);
        bool hasBegun = false;
        while (true)
        {
            ReadResult result;
            try
            {
                result = await input.ReadAsync(patience.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return hasBegun && !IsStopping
                    ? throw new RefusedRequestException(408, $"The request's headers took longer than {_limits.HeadTimeout.TotalSeconds:0} s.")
                    : null;
            }
            ReadOnlySequence<byte> bytes = SkipEmptyLines(result.Buffer);
            if (FindEnd(bytes, out ReadOnlySequence<byte> head, out SequencePosition next) && head.Length <= _limits.HeadBytes)
            {
                byte[] copy = head.ToArray();
                input.AdvanceTo(next);
                return RequestHead.Parse(copy);
            }
            long length = bytes.Length;
            input.AdvanceTo(bytes.Start, bytes.End);
            if (length > _limits.HeadBytes)
                throw new RefusedRequestException(431, $"The request's headers are longer than {_limits.HeadBytes} bytes.");
            if (result.IsCompleted)
                return length == 0 ? null : throw new RefusedRequestException(400, "The request ends in the middle of its headers.");
            if (length > 0 && !hasBegun)
            {
                hasBegun = true;
                patience.CancelAfter(_limits.HeadTimeout);
            }
        }
    }

    private static ReadOnlySequence<byte> SkipEmptyLines(ReadOnlySequence<byte> bytes)
    {
        var reader = new SequenceReader<byte>(bytes);
        reader.AdvancePastAny((byte)'\r', (byte)'\n');
        return bytes.Slice(reader.Position);
    }

    // Lines may end with a newline alone, as other servers allow.
    private static bool FindEnd(ReadOnlySequence<byte> bytes, out ReadOnlySequence<byte> head, out SequencePosition next)
    {
        var reader = new SequenceReader<byte>(bytes);
        while (reader.TryReadTo(out ReadOnlySequence<byte> _, (byte)'\n'))
        {
            head = bytes.Slice(0, reader.Consumed - 1);
            if (reader.IsNext((byte)'\n', advancePast: true) || reader.IsNext("\r\n"u8, advancePast: true))
            {
                next = reader.Position;
                return true;
            }
        }
        head = default;
        next = default;
        return false;
    }

    private async Task<bool> ServeAsync(RequestHead head)
    {
        var exchange = new LoopbackExchange(this, head, _input.Reader, _limits);
        try
        {
            await _handler(exchange).ConfigureAwait(false);
            return await exchange.FinishAsync().ConfigureAwait(false);
        }
        catch (RefusedRequestException e) when (!exchange.HasStarted)
        {
            await RefuseAsync(e).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            if (!Aborted.IsCancellationRequested)
            {
                _onError(e);
                if (!exchange.HasStarted)
                {
                    await RefuseAsync(new RefusedRequestException(500, "The server failed to answer.")).ConfigureAwait(false);
                    return false;
                }
            }
            // Half an answer must not look like a whole one.
            Abort();
        }
        return false;
    }

    private async Task RefuseAsync(RefusedRequestException problem)
    {
        byte[] text = Encoding.UTF8.GetBytes(problem.Message + "\n");
        byte[] head = ResponseHead.Write(problem.Status, new Dictionary<string, string>
        {
            ["Content-Type"] = "text/plain; charset=utf-8",
            ["Content-Length"] = $"{text.Length}",
            ["Connection"] = "close",
        });
        await WriteAsync((byte[])[.. head, .. text]).ConfigureAwait(false);
    }

    // Closing while the client still sends would throw away the answer that it has not read yet.
    private async Task LingerAsync(Stream input)
    {
        try
        {
            if (_stream is SslStream tls)
                await tls.ShutdownAsync().ConfigureAwait(false);
            _socket?.Shutdown(SocketShutdown.Send);
            using var enough = new CancellationTokenSource(Linger);
            byte[] buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
            while (await input.ReadAsync(buffer, enough.Token).ConfigureAwait(false) > 0)
            {
                // What is still under way.
            }
            ArrayPool<byte>.Shared.Return(buffer);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
        }
    }

    private static void Cancel(CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (ObjectDisposedException)
        {
        }
    }
}
