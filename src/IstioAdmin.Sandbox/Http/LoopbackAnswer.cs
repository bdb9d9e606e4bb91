using System.Buffers;
using System.Globalization;
using System.Text;

namespace IstioAdmin.Sandbox.Http;

/// <summary>The content of an answer on a connection: in chunks, or as long as was announced.</summary>
internal sealed class LoopbackAnswer : AnswerStream
{
    // Room for the size of a chunk before its bytes, and for the line's end behind them.
    private const int Front = 8;
    private const int Back = 2;
    private const int Size = 32 * 1024;

    private readonly LoopbackConnection _connection;
    private readonly bool _isChunked;
    private byte[]? _buffer;
    private ReadOnlyMemory<byte> _head;
    private int _end = Front;

    /// <param name="connection">Where it is sent.</param>
    /// <param name="head">The head, to be sent with the first bytes.</param>
    /// <param name="length">The length that was announced; null for none.</param>
    /// <param name="hasContent">Whether content is sent.</param>
    /// <param name="isChunked">Whether it is sent in chunks.</param>
    public LoopbackAnswer(LoopbackConnection connection, byte[] head, long? length, bool hasContent, bool isChunked) : base(length, hasContent)
    {
        _connection = connection;
        _head = head;
        _isChunked = isChunked;
    }

    protected override async ValueTask TakeAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        _buffer ??= ArrayPool<byte>.Shared.Rent(Front + Size + Back);
        while (!bytes.IsEmpty)
        {
            int room = Front + Size - _end;
            if (room == 0)
            {
                await SendAsync(cancel).ConfigureAwait(false);
                continue;
            }
            int count = Math.Min(room, bytes.Length);
            bytes.Span[..count].CopyTo(_buffer.AsSpan(_end));
            _end += count;
            bytes = bytes[count..];
        }
    }

    protected override async ValueTask SendAsync(CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        if (!_head.IsEmpty)
        {
            ReadOnlyMemory<byte> head = _head;
            _head = default;
            // One packet instead of two, where both are small.
            if (!_isChunked && _buffer is not null && head.Length + _end - Front <= Size)
            {
                byte[] both = [.. head.Span, .. _buffer.AsSpan(Front, _end - Front)];
                _end = Front;
                await _connection.WriteAsync(both).ConfigureAwait(false);
            }
            else
            {
                await _connection.WriteAsync(head).ConfigureAwait(false);
            }
        }
        if (_buffer is not null && _end > Front)
        {
            Memory<byte> bytes = _isChunked ? Chunk(_buffer, _end) : _buffer.AsMemory(Front, _end - Front);
            _end = Front;
            await _connection.WriteAsync(bytes).ConfigureAwait(false);
        }
        if (IsEnded && _buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = null;
        }
    }

    private static Memory<byte> Chunk(byte[] buffer, int end)
    {
        Span<char> size = stackalloc char[Front];
        (end - Front).TryFormat(size, out int digits, "X", CultureInfo.InvariantCulture);
        int start = Front - digits - 2;
        Encoding.ASCII.GetBytes(size[..digits], buffer.AsSpan(start));
        "\r\n"u8.CopyTo(buffer.AsSpan(Front - 2));
        "\r\n"u8.CopyTo(buffer.AsSpan(end));
        return buffer.AsMemory(start, end + Back - start);
    }
}
