namespace IstioAdmin.Core.Kube.Listing;

/// <summary>How far a listing has come, and what it may still do when it is thrown back.</summary>
internal sealed class ListPosition
{
    private ObjectKey? _last;
    private bool _skipping, _recovering, _restarted, _reread;

    /// <summary>The <c>continue</c> token of the page to read next; null for the first.</summary>
    public string? Token { get; private set; }

    /// <summary>Whether the last page has been read.</summary>
    public bool AtEnd { get; private set; }

    /// <summary>Moves on to an item.</summary>
    /// <returns>False when it has been handed out before.</returns>
    public bool Advance(ObjectKey key)
    {
        if (_skipping && _last is { } last && key <= last)
            return false;
        _skipping = false;
        _last = key;
        return true;
    }

    /// <summary>Goes on to the next page.</summary>
    public void Turn(string? next)
    {
        Token = next;
        AtEnd = next is null;
        _recovering = _reread = false;
    }

    /// <summary>
    /// Finds a way on after the token expired: the one that the server offers, or else the list from its beginning without what has been
    /// handed out. A consumer that takes minutes over each page meets this on every page, so the server's offer may be taken
    /// again as long as each one leads to a page; starting anew is done once.
    /// </summary>
    public void Recover(string? offered, MeshException failure)
    {
        if (_recovering || (offered is null && _restarted))
            throw failure;
        _recovering = true;
        if (offered is null)
        {
            _restarted = true;
            _skipping = true;
        }
        Token = offered;
    }

    /// <summary>An item could not be read although the page came in whole: the page is asked for once more, from the item after the last good one.</summary>
    public void Reread(MeshException failure)
    {
        if (_reread)
            throw failure;
        _reread = true;
        _skipping = true;
    }
}
