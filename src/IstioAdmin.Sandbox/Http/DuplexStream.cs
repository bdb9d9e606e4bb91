namespace IstioAdmin.Sandbox.Http;

/// <summary>Both directions of an upgraded connection.</summary>
/// <param name="input">What comes in.</param>
/// <param name="write">Sends bytes at once.</param>
/// <param name="close">Ends the direction that goes out, and what else there is to end; called once.</param>
internal sealed class DuplexStream(PipeInput input, Func<ReadOnlyMemory<byte>, ValueTask> write, Action close) : ForwardStream
{
    private int _isClosed;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => input.ReadAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return write(buffer);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _isClosed, 1) == 0)
        {
            close();
            input.Close();
        }
        base.Dispose(disposing);
    }
}
