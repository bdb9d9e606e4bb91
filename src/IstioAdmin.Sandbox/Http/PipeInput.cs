using System.Buffers;
using System.IO.Pipelines;

namespace IstioAdmin.Sandbox.Http;

/// <summary>Reads from a pipe; may be closed while a read is under way.</summary>
internal sealed class PipeInput(PipeReader reader)
{
    private readonly object _gate = new();
    private bool _isReading;
    private bool _isClosed;

    /// <summary>Reads what is there, or waits for it; 0 at the end.</summary>
    /// <exception cref="ObjectDisposedException">It was closed.</exception>
    /// <exception cref="IOException">The writer gave up.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancel)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            _isReading = true;
        }
        try
        {
            ReadResult result = await reader.ReadAsync(cancel).ConfigureAwait(false);
            ReadOnlySequence<byte> bytes = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, buffer.Length));
            int count = (int)bytes.Length;
            bytes.CopyTo(buffer.Span);
            reader.AdvanceTo(bytes.End);
            ObjectDisposedException.ThrowIf(result.IsCanceled && _isClosed, this);
            return count;
        }
        finally
        {
            lock (_gate)
            {
                _isReading = false;
                if (_isClosed)
                    reader.Complete();
            }
        }
    }

    /// <summary>Reads no more; a read that waits ends.</summary>
    public void Close()
    {
        lock (_gate)
        {
            if (_isClosed)
                return;
            _isClosed = true;
            if (_isReading)
                reader.CancelPendingRead();
            else
                reader.Complete();
        }
    }
}
