using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Api.Storage;
using IstioAdmin.Sandbox.Http;

namespace IstioAdmin.Sandbox.Api.Requests;

/// <summary>Watches: what happens to objects, as a line for each event.</summary>
internal sealed class ObjectWatches(ApiMachinery machinery)
{
    private static readonly TimeSpan LongestWatch = TimeSpan.FromMinutes(60);

    /// <summary>Answers a watch.</summary>
    public async Task WriteAsync(RequestContext context)
    {
        HttpQuery query = context.Exchange.Query;
        ResourceRequest request = context.Request;
        Func<StoredObject, bool> matches = ObjectLists.Matching(context);
        bool bookmarks = query.Flag("allowWatchBookmarks") && query["allowWatchBookmarks"] is not null;
        TimeSpan time = int.TryParse(query["timeoutSeconds"], NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) && seconds > 0 ? TimeSpan.FromSeconds(seconds) : LongestWatch;
        string asked = query["resourceVersion"] ?? "";
        long position = asked.Length == 0 ? 0 : ObjectLists.ReadVersion(asked);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.Cancel);
        using ITimer timer = machinery.Clock.CreateTimer(_ => Cancel(ending), null, time, Timeout.InfiniteTimeSpan);

        Stream body = await context.Exchange.RespondAsync(200, context.Representation?.ContentType is { } type ? $"{type}" : "application/json").ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            var events = new EventWriter(context, body);
            try
            {
                // Without a version, or with 0, it begins with what there is.
                if (position == 0)
                {
                    (position, IEnumerable<StoredObject> all) = machinery.Store.Snapshot(request.Key, request.Namespace);
                    foreach (StoredObject stored in all.Where(matches))
                        await events.WriteAsync("ADDED", stored).ConfigureAwait(false);
                    await body.FlushAsync(ending.Token).ConfigureAwait(false);
                }
                await FollowAsync(context, events, body, matches, position, bookmarks, ending.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (ending.IsCancellationRequested)
            {
                // The time is over, or nobody listens any more.
            }
        }
    }

    private async Task FollowAsync(RequestContext context, EventWriter events, Stream body, Func<StoredObject, bool> matches, long position, bool bookmarks, CancellationToken cancel)
    {
        string? @namespace = context.Request.Namespace;
        bool headersSent = false;
        while (true)
        {
            ObjectStore.Happenings happened = machinery.Store.Since(context.Request.Key, position);
            if (happened.Events is null)
            {
                await events.WriteAsync("ERROR", StatusObject.Of(ApiErrors.Expired($"too old resource version: {position} ({happened.Version})"))).ConfigureAwait(false);
                return;
            }
            foreach (StoreEvent one in happened.Events)
            {
                StoredObject subject = (one.After ?? one.Before)!;
                if (@namespace is not null && subject.Namespace != @namespace)
                    continue;
                bool before = one.Before is not null && matches(one.Before), after = one.After is not null && matches(one.After);
                if (after)
                    await events.WriteAsync(before ? "MODIFIED" : "ADDED", one.After!).ConfigureAwait(false);
                else if (before)
                    await events.WriteAsync("DELETED", one.Deleted ?? one.Before!, one.Version).ConfigureAwait(false);
            }
            position = Math.Max(position, happened.Version);
            if (happened.Events.Length > 0 || !headersSent)
            {
                headersSent = true;
                await body.FlushAsync(cancel).ConfigureAwait(false);
            }
            cancel.ThrowIfCancellationRequested();
            if (!bookmarks)
            {
                await happened.Changed.WaitAsync(cancel).ConfigureAwait(false);
                continue;
            }
            try
            {
                await happened.Changed.WaitAsync(machinery.BookmarkInterval, machinery.Clock, cancel).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                ObjectStore.Happenings idle = machinery.Store.Since(context.Request.Key, position);
                if (idle.Events is { Length: 0 })
                {
                    position = idle.Version;
                    await events.BookmarkAsync(position).ConfigureAwait(false);
                    await body.FlushAsync(cancel).ConfigureAwait(false);
                }
            }
        }
    }

    private static void Cancel(CancellationTokenSource ending)
    {
        try
        {
            ending.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The watch ended at the same time.
        }
    }

    private sealed class EventWriter(RequestContext context, Stream body)
    {
        private readonly bool _asStored = context.IsStoredVersion && context.Representation is null;
        private bool _isFirst = true;

        public async Task WriteAsync(string type, StoredObject stored, long? version = null)
        {
            if (_asStored && (version is null || version == stored.Version))
            {
                byte[] head = Encoding.UTF8.GetBytes($"{{\"type\":\"{type}\",\"object\":");
                await body.WriteAsync(head, context.Cancel).ConfigureAwait(false);
                await body.WriteAsync(context.Head, context.Cancel).ConfigureAwait(false);
                await body.WriteAsync(stored.Content.AsMemory(1), context.Cancel).ConfigureAwait(false);
                await body.WriteAsync("}\n"u8.ToArray(), context.Cancel).ConfigureAwait(false);
                return;
            }
            JsonObject item = context.Read(stored);
            if (version is { } other)
                item["metadata"]!["resourceVersion"] = other.ToString(CultureInfo.InvariantCulture);
            await WriteAsync(type, item).ConfigureAwait(false);
        }

        public Task BookmarkAsync(long version) => WriteAsync("BOOKMARK", new JsonObject
        {
            ["kind"] = context.Request.Type.Kind,
            ["apiVersion"] = context.Request.Type.ApiVersion,
            ["metadata"] = new JsonObject { ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture), ["creationTimestamp"] = null },
        });

        public async Task WriteAsync(string type, JsonObject item)
        {
            JsonObject shown = type != "ERROR" && context.Representation is { } other ? other.Watched(context.Request, context.Exchange.Query, item, _isFirst) : item;
            _isFirst = false;
            await body.WriteAsync(ObjectStore.Serialize(new JsonObject { ["type"] = type, ["object"] = shown }), context.Cancel).ConfigureAwait(false);
            await body.WriteAsync("\n"u8.ToArray(), context.Cancel).ConfigureAwait(false);
        }
    }
}
