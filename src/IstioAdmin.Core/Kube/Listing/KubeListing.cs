using System.Runtime.CompilerServices;

namespace IstioAdmin.Core.Kube.Listing;

/// <summary>Lists objects page by page, so that memory does not grow with their number.</summary>
public static class KubeListing
{
    /// <summary>
    /// Lists objects in the order in which the server keeps them. While the items of one page are handed out the next page is on its way;
    /// no more than these two are held. A list that grows too old while it is read goes on at the server's newest version, each object
    /// at most once.
    /// </summary>
    /// <typeparam name="T">What one element becomes.</typeparam>
    /// <param name="client">The client.</param>
    /// <param name="resource">What kind of object.</param>
    /// <param name="query">Which of them.</param>
    /// <param name="reader">Turns a page's bytes into elements. Used by one thread at a time.</param>
    /// <param name="cancel">Ends the listing. To stop enumerating has the same effect.</param>
    /// <exception cref="MeshException">
    /// The list could not be read: as <see cref="KubeClient.SendAsync"/>, or <see cref="FailureKind.InvalidResponse"/> when a page
    /// came back broken several times.
    /// </exception>
    public static async IAsyncEnumerable<T> ListAsync<T>(
        this KubeClient client,
        KubeResource resource,
        ListQuery query,
        IPageReader<T> reader,
        [EnumeratorCancellation] CancellationToken cancel)
    {
        var source = new PageSource<T>(client, resource, query, reader);
        var position = new ListPosition();
        var ahead = new PageAhead<T>(source, cancel);
        await using (ahead.ConfigureAwait(false))
        {
            do
            {
                using OpenPage<T> answer = await source.OpenAsync(position.Token, ahead.Take(), cancel).ConfigureAwait(false);
                if (answer is OpenPage<T>.Expired expired)
                {
                    position.Recover(expired.Continue, expired.Failure);
                    continue;
                }
                ListPage<T> page = ((OpenPage<T>.Ready)answer).Page;
                if (page.Continue is not null)
                    ahead.Ask(page.Continue);
                using IEnumerator<T> items = page.Items.GetEnumerator();
                MeshException? broken;
                while (TryMoveNext(items, out broken))
                {
                    if (position.Advance(reader.Key(items.Current)))
                        yield return items.Current;
                    cancel.ThrowIfCancellationRequested();
                }
                if (broken is null)
                {
                    position.Turn(page.Continue);
                }
                else
                {
                    position.Reread(source.Describe(broken));
                    await ahead.DropAsync().ConfigureAwait(false);
                }
            }
            while (!position.AtEnd);
        }
    }

    private static bool TryMoveNext<T>(IEnumerator<T> items, out MeshException? broken)
    {
        broken = null;
        try
        {
            return items.MoveNext();
        }
        catch (MeshException e) when (e.Kind == FailureKind.InvalidResponse)
        {
            broken = e;
            return false;
        }
    }
}
