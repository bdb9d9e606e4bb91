using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;

namespace IstioAdmin.Sandbox.Http;

/// <summary>The body of a request, read out of what its connection has sent.</summary>
internal sealed class RequestBodyStream : ForwardStream
{
    private const int MaximumLine = 4096;

    private readonly PipeReader _input;
    private readonly TimeSpan _timeout;
    private readonly bool _isChunked;
    private Func<Task>? _beforeFirstRead;
    private long _left;
    private bool _isInChunk;
    private bool _isEnded;

    /// <param name="input">What the connection sends.</param>
    /// <param name="length">How long the body is; null when it comes in chunks.</param>
    /// <param name="timeout">How long to wait for the next bytes.</param>
    /// <param name="beforeFirstRead">Tells the client to send it; null when it does so anyway.</param>
    public RequestBodyStream(PipeReader input, long? length, TimeSpan timeout, Func<Task>? beforeFirstRead)
    {
        _input = input;
        _timeout = timeout;
        _isChunked = length is null;
        _left = length ?? 0;
        _isEnded = length == 0;
        _beforeFirstRead = _isEnded ? null : beforeFirstRead;
    }

    public override bool CanRead => true;

    public override bool CanWrite => false;

    /// <summary>Whether all of it was read.</summary>
    public bool IsEnded => _isEnded;

    /// <summary>Whether the client still waits to be told to send it.</summary>
    public bool IsAwaited => _beforeFirstRead is not null;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_isEnded || buffer.Length == 0)
            return 0;
        if (_beforeFirstRead is { } tell)
        {
            _beforeFirstRead = null;
            await tell().ConfigureAwait(false);
        }
        if (_isChunked && !_isInChunk && !await EnterChunkAsync(cancellationToken).ConfigureAwait(false))
            return 0;

        ReadResult result = await WaitAsync(cancellationToken).ConfigureAwait(false);
        ReadOnlySequence<byte> bytes = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, Math.Min(_left, buffer.Length)));
        if (bytes.IsEmpty)
        {
            _input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            throw Cut();
        }
        int count = (int)bytes.Length;
        bytes.CopyTo(buffer.Span);
        _input.AdvanceTo(bytes.End);
        _left -= count;
        if (_left == 0)
        {
            if (_isChunked)
                await LeaveChunkAsync(cancellationToken).ConfigureAwait(false);
            else
                _isEnded = true;
        }
        return count;
    }

    /// <summary>Reads the rest and throws it away.</summary>
    /// <param name="limit">How much at most, in bytes.</param>
    /// <returns>Whether that was all.</returns>
    public async Task<bool> DrainAsync(int limit)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
        try
        {
            while (!_isEnded && limit > 0)
                limit -= await ReadAsync(buffer).ConfigureAwait(false);
            return _isEnded;
        }
        catch (Exception e) when (e is IOException or RefusedRequestException)
        {
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<bool> EnterChunkAsync(CancellationToken cancel)
    {
        byte[] line = await ReadLineAsync(cancel).ConfigureAwait(false);
        int end = line.AsSpan().IndexOf((byte)';');
        ReadOnlySpan<byte> size = (end < 0 ? line : line.AsSpan(0, end)).Trim((byte)' ');
        if (size.Length is 0 or > 8 || !Utf8Parser.TryParse(size, out uint length, out int read, 'x') || read != size.Length)
            throw new RefusedRequestException(400, "The size of a chunk is not a hexadecimal number.");
        if (length > 0)
        {
            _left = length;
            _isInChunk = true;
            return true;
        }
        while ((await ReadLineAsync(cancel).ConfigureAwait(false)).Length > 0)
        {
            // Trailers; nothing asks for them.
        }
        _isEnded = true;
        return false;
    }

    private async Task LeaveChunkAsync(CancellationToken cancel)
    {
        _isInChunk = false;
        if ((await ReadLineAsync(cancel).ConfigureAwait(false)).Length > 0)
            throw new RefusedRequestException(400, "A chunk is longer than its size.");
    }

    private async Task<byte[]> ReadLineAsync(CancellationToken cancel)
    {
        while (true)
        {
            ReadResult result = await WaitAsync(cancel).ConfigureAwait(false);
            if (result.Buffer.PositionOf((byte)'\n') is { } newline)
            {
                ReadOnlySequence<byte> line = result.Buffer.Slice(0, newline);
                byte[]? bytes = line.Length > MaximumLine ? null : line.ToArray();
                _input.AdvanceTo(result.Buffer.GetPosition(1, newline));
                return bytes is [.. var start, (byte)'\r'] ? start : bytes ?? throw TooLong();
            }
            long length = result.Buffer.Length;
            _input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            if (length > MaximumLine)
                throw TooLong();
            if (result.IsCompleted)
                throw Cut();
        }
    }

    private async ValueTask<ReadResult> WaitAsync(CancellationToken cancel)
    {
        if (_input.TryRead(out ReadResult result))
            return result;
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limited.CancelAfter(_timeout);
        try
        {
            return await _input.ReadAsync(limited.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new RefusedRequestException(408, $"Nothing came of the request's body for {_timeout.TotalSeconds:0} s.");
        }
    }

    private static RefusedRequestException TooLong() => new(400, $"A line between two chunks is longer than {MaximumLine} bytes.");

    private static IOException Cut() => new("The client closed the connection in the middle of the request's body.");
}
