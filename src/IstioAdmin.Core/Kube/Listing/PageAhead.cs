namespace IstioAdmin.Core.Kube.Listing;

/// <summary>The page after the one that is being read: at most one, asked for early, and given up cleanly when nobody wants it any more.</summary>
internal sealed class PageAhead<T> : IAsyncDisposable
{
    private readonly PageSource<T> _source;
    private readonly CancellationToken _cancel;
    private CancellationTokenSource? _givenUp;
    private Task<PageAnswer>? _fetch;
    private bool _taken;

    public PageAhead(PageSource<T> source, CancellationToken cancel)
    {
        _source = source;
        _cancel = cancel;
    }

    /// <summary>Asks for a page. The one before must have been taken and awaited.</summary>
    public void Ask(string token)
    {
        _givenUp?.Dispose();
        _givenUp = CancellationTokenSource.CreateLinkedTokenSource(_cancel);
        CancellationToken cancel = _givenUp.Token;
        // Not on the consumer's time: sending has work to do before its first await.
        _fetch = Task.Run(() => _source.FetchAsync(token, cancel), cancel);
        _taken = false;
    }

    /// <summary>Hands over the page that was asked for, if there is one; whoever takes it awaits it and returns its buffers.</summary>
    public Task<PageAnswer>? Take()
    {
        if (_taken)
            return null;
        _taken = true;
        return _fetch;
    }

    /// <summary>Gives the page up and waits until its buffers are back.</summary>
    public async Task DropAsync()
    {
        if (_givenUp is not { } givenUp || _fetch is not { } fetch)
            return;
        await givenUp.CancelAsync().ConfigureAwait(false);
        try
        {
            // To return a page's buffers twice is harmless, so it does not matter whether somebody has taken it.
            if (await fetch.ConfigureAwait(false) is PageAnswer.Bytes bytes)
                bytes.Body.Dispose();
        }
        catch (Exception e) when (e is OperationCanceledException or MeshException or IOException or HttpRequestException)
        {
            // Why a page that nobody wants could not be had does not matter.
        }
        givenUp.Dispose();
        _givenUp = null;
        _fetch = null;
    }

    public async ValueTask DisposeAsync() => await DropAsync().ConfigureAwait(false);
}
