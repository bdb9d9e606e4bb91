using System.Buffers;
using IstioAdmin.Core.Kube.Streams;

namespace IstioAdmin.Core.Kube.Listing;

/// <summary>
/// A response body in pooled buffers. The buffers grow from 32 KB to 1 MB, so that a small list takes little and a large one few pieces;
/// none of them is allocated anew once the pool is warm.
/// </summary>
internal sealed class PageBody : IDisposable
{
    private const int FirstBuffer = 32 * 1024;
    private const int LargestBuffer = 1024 * 1024;

    private readonly List<byte[]> _buffers = [];
    private ReadOnlySequence<byte> _bytes;

    private PageBody()
    {
    }

    /// <summary>The body; empty once disposed.</summary>
    public ReadOnlySequence<byte> Bytes => _bytes;

    /// <summary>Reads a stream to its end.</summary>
    /// <exception cref="IOException">The stream broke off.</exception>
    public static async Task<PageBody> ReadAsync(Stream stream, CancellationToken cancel)
    {
        var body = new PageBody();
        try
        {
            await body.FillAsync(stream, cancel).ConfigureAwait(false);
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <summary>Gives the buffers back; whatever still points into them must not be read any more.</summary>
    public void Dispose()
    {
        _bytes = default;
        foreach (byte[] buffer in _buffers)
            ArrayPool<byte>.Shared.Return(buffer);
        _buffers.Clear();
    }

    private async Task FillAsync(Stream stream, CancellationToken cancel)
    {
        Segment? first = null, last = null;
        using var stall = new StallGuard(cancel);
        for (int size = FirstBuffer; ; size = Math.Min(size * 2, LargestBuffer))
        {
            byte[] buffer = ArrayPool<byte>.Shared.Rent(size);
            _buffers.Add(buffer);
            int filled = await FillAsync(stream, buffer, stall).ConfigureAwait(false);
            last = last is null ? first = new Segment(buffer.AsMemory(0, filled)) : last.Append(buffer.AsMemory(0, filled));
            if (filled < buffer.Length)
                break;
        }
        _bytes = new ReadOnlySequence<byte>(first!, 0, last, last.Memory.Length);
    }

    private static async Task<int> FillAsync(Stream stream, byte[] buffer, StallGuard stall)
    {
        int filled = 0;
        while (filled < buffer.Length)
        {
            int read = await stall.ReadAsync(stream, buffer.AsMemory(filled)).ConfigureAwait(false);
            if (read == 0)
                break;
            filled += read;
        }
        return filled;
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory) => Memory = memory;

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}
