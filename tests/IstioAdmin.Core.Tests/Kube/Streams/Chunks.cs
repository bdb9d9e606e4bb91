using System.Buffers;

namespace IstioAdmin.Core.Tests.Kube.Streams;

/// <summary>Bytes in pieces, as networks deliver them.</summary>
internal static class Chunks
{
    /// <summary>Cuts bytes into pieces of the given sizes, over and over.</summary>
    public static IEnumerable<byte[]> Cut(byte[] bytes, IReadOnlyList<int> sizes)
    {
        for (int start = 0, turn = 0; start < bytes.Length; turn++)
        {
            int size = Math.Min(sizes[turn % sizes.Count], bytes.Length - start);
            yield return bytes[start..(start + size)];
            start += size;
        }
    }

    public static ReadOnlySequence<byte> Of(byte[] bytes, IReadOnlyList<int> sizes)
    {
        var first = new Segment([], 0);
        Segment last = Cut(bytes, sizes).Aggregate(first, (segment, piece) => segment.Append(piece));
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    /// <summary>A stream that delivers one piece a read.</summary>
    public static Stream Stream(byte[] bytes, IReadOnlyList<int> sizes) => new PiecewiseStream(new Queue<byte[]>(Cut(bytes, sizes)));

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] bytes, long start) => (Memory, RunningIndex) = (bytes, start);

        public Segment Append(byte[] bytes)
        {
            var next = new Segment(bytes, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }

    private sealed class PiecewiseStream(Queue<byte[]> pieces) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            if (!pieces.TryDequeue(out byte[]? piece))
                return 0;
            piece.CopyTo(buffer, offset);
            return piece.Length;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
