namespace IstioAdmin.Sandbox.Http;

/// <summary>Reads an answer within the process; disposing of it before its end tells the handler that nobody wants the rest.</summary>
/// <param name="input">The answer's bytes.</param>
/// <param name="abort">Tells the handler.</param>
internal sealed class InProcessContentStream(PipeInput input, Action abort) : ForwardStream
{
    private bool _isEnded;

    public override bool CanRead => true;

    public override bool CanWrite => false;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.Length == 0)
            return 0;
        int count = await input.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        _isEnded = count == 0;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            input.Close();
            if (!_isEnded)
                abort();
        }
        base.Dispose(disposing);
    }
}
