namespace IstioAdmin.Core.Kube.Streams;

/// <summary>Reads a body that may come slowly but must keep coming: a peer that vanished without a word is not waited for.</summary>
internal sealed class StallGuard : IDisposable
{
    /// <summary>How long a body may pause. An API server writes a list in one go; what takes longer than this is not coming any more.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly CancellationToken _cancel;
    private readonly TimeSpan _patience;
    private readonly CancellationTokenSource _stalled;

    public StallGuard(CancellationToken cancel, TimeSpan? patience = null)
    {
        _cancel = cancel;
        _patience = patience ?? Patience;
        _stalled = CancellationTokenSource.CreateLinkedTokenSource(cancel);
    }

    /// <summary>Reads what is there.</summary>
    /// <exception cref="IOException">The connection broke, or nothing came for too long.</exception>
    public async ValueTask<int> ReadAsync(Stream stream, Memory<byte> buffer)
    {
        _stalled.CancelAfter(_patience);
        try
        {
            return await stream.ReadAsync(buffer, _stalled.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!_cancel.IsCancellationRequested)
        {
            throw new IOException($"nothing came for {_patience.TotalSeconds:0.#} s in the middle of the answer", e);
        }
    }

    public void Dispose() => _stalled.Dispose();
}
