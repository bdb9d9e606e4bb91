namespace IstioAdmin.Sandbox.Http;

/// <summary>Takes the content of an answer and keeps to the length that was promised.</summary>
/// <remarks>
/// Disposing of it sends what was written. That the answer is complete is told to the client when its handler has returned: a handler that fails
/// disposes of the stream on its way out, and half an answer must not look like a whole one.
/// </remarks>
internal abstract class AnswerStream : ForwardStream
{
    private readonly long? _length;
    private readonly bool _hasContent;

    /// <param name="length">The length that was promised; null for none.</param>
    /// <param name="hasContent">Whether content is sent; it is not in answer to HEAD, or with 204 and 304.</param>
    protected AnswerStream(long? length, bool hasContent)
    {
        _length = length;
        _hasContent = hasContent;
    }

    public sealed override bool CanRead => false;

    public sealed override bool CanWrite => !IsEnded;

    /// <summary>Whether nothing more will be written.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>Whether the content is as long as was promised.</summary>
    public bool IsWhole => _length is null || !_hasContent || Written == _length;

    /// <summary>How many bytes were written.</summary>
    public long Written { get; private set; }

    public sealed override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(IsEnded, this);
        Written += buffer.Length;
        if (Written > _length)
            throw new InvalidOperationException($"The answer is longer than the {_length} bytes that were announced.");
        return _hasContent ? TakeAsync(buffer, cancellationToken) : ValueTask.CompletedTask;
    }

    public sealed override Task FlushAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(IsEnded, this);
        return SendAsync(cancellationToken).AsTask();
    }

    /// <summary>Sends what is left, and takes no more. A client that went away is no error here.</summary>
    public async ValueTask EndAsync()
    {
        if (IsEnded)
            return;
        IsEnded = true;
        try
        {
            await SendAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (IOException)
        {
        }
    }

    public sealed override async ValueTask DisposeAsync()
    {
        await EndAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected sealed override void Dispose(bool disposing)
    {
        if (disposing)
            EndAsync().AsTask().GetAwaiter().GetResult();
        base.Dispose(disposing);
    }

    /// <summary>Takes bytes, to be sent at the latest with the next <see cref="SendAsync"/>.</summary>
    /// <exception cref="IOException">The client is gone.</exception>
    protected abstract ValueTask TakeAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel);

    /// <summary>Sends what was taken.</summary>
    /// <exception cref="IOException">The client is gone.</exception>
    protected abstract ValueTask SendAsync(CancellationToken cancel);
}
