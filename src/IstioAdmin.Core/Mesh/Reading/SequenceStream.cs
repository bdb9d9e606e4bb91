using System.Buffers;

namespace IstioAdmin.Core.Mesh.Reading;

/// <summary>Reads a response body, as it lies in memory, as a stream.</summary>
internal sealed class SequenceStream : Stream
{
    private readonly long _length;
    private ReadOnlySequence<byte> _rest;

    public SequenceStream(ReadOnlySequence<byte> bytes)
    {
        _rest = bytes;
        _length = bytes.Length;
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => _length;

    /// <summary>How much has been read; Google's reader tells its own position by it.</summary>
    public override long Position { get => _length - _rest.Length; set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer)
    {
        int count = (int)Math.Min(buffer.Length, _rest.Length);
        _rest.Slice(0, count).CopyTo(buffer);
        _rest = _rest.Slice(count);
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
