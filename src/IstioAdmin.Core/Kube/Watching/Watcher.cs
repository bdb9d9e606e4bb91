using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Listing;
using Polly;
using Polly.Retry;

namespace IstioAdmin.Core.Kube.Watching;

/// <summary>
/// Lists, then watches from the list's version; after an interruption watches on from the last version it saw, and lists again when the
/// server does not know that version any more. The protocol is "Efficient detection of changes" in the Kubernetes API concepts.
/// </summary>
internal sealed class Watcher<T> : IAsyncDisposable
{
    /// <summary>How often one list may be thrown back to its beginning because it grew too old before it was read.</summary>
    private const int MostListRestarts = 3;

    private readonly KubeClient _client;
    private readonly KubeResource _resource;
    private readonly ListQuery _query;
    private readonly WatchSettings _settings;
    private readonly KubeSubject _about;
    private readonly WatchState<T> _state;
    private readonly PageSource<JsonObject> _pages;
    private readonly ResiliencePipeline _again;
    private WatchConnection? _connection;
    private string? _version;
    private long? _lastGood;

    public Watcher(KubeClient client, KubeResource resource, ListQuery query, Func<JsonObject, T> select, WatchSettings settings)
    {
        _client = client;
        _resource = resource;
        _query = query;
        _settings = settings;
        _about = resource.Subject("watch", query.Namespace);
        _state = new WatchState<T>(select);
        _pages = new PageSource<JsonObject>(client, resource, query, JsonObjects.Reader);
        _again = new ResiliencePipelineBuilder()
            .AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = int.MaxValue,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = settings.FirstDelay,
                MaxDelay = settings.LongestDelay,
                ShouldHandle = attempt => ValueTask.FromResult(MayRecover(attempt.Outcome.Exception)),
            })
            .Build();
    }

    public async IAsyncEnumerable<WatchEvent<T>> RunAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        while (true)
        {
            if (_version is null)
            {
                await foreach (ObjectChanged<T> change in ListAsync(cancel).ConfigureAwait(false))
                    yield return change;
                yield return new Synchronized<T>(_version!);
            }
            switch (await NextAsync(_version!, cancel).ConfigureAwait(false))
            {
                case WatchLine.Change change:
                    _version = change.Object.Metadata("resourceVersion") ?? _version;
                    foreach (ObjectChanged<T> difference in _state.Changed(change))
                        yield return difference;
                    break;
                case WatchLine.Bookmark bookmark:
                    _version = bookmark.ResourceVersion;
                    break;
                case WatchLine.Expired:
                    await CloseAsync().ConfigureAwait(false);
                    _version = null;
                    break;
            }
        }
    }

    public async ValueTask DisposeAsync() => await CloseAsync().ConfigureAwait(false);

    private async IAsyncEnumerable<ObjectChanged<T>> ListAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        string? token = null, version = null;
        int restarts = 0;
        _state.BeginList();
        do
        {
            using OpenPage<JsonObject> answer = await PageAsync(token, cancel).ConfigureAwait(false);
            if (answer is OpenPage<JsonObject>.Expired expired)
            {
                // To go on at a newer version would leave unknown what happened to the objects told so far; from the start nothing is
                // lost, and what has been told is not told again.
                if (++restarts > MostListRestarts)
                    throw expired.Failure;
                _state.BeginList();
                token = version = null;
                continue;
            }
            ListPage<JsonObject> page = ((OpenPage<JsonObject>.Ready)answer).Page;
            version ??= page.ResourceVersion;
            foreach (JsonObject item in page.Items)
            {
                foreach (ObjectChanged<T> change in _state.Listed(item))
                    yield return change;
                cancel.ThrowIfCancellationRequested();
            }
            token = page.Continue;
            if (token is null)
                break;
        }
        while (true);
        foreach (ObjectChanged<T> change in _state.EndList())
            yield return change;
        _version = version ?? throw KubeResponse.Invalid(_client, _about, "the list has no resourceVersion to watch from");
    }

    private ValueTask<OpenPage<JsonObject>> PageAsync(string? token, CancellationToken cancel) => _again.ExecuteAsync(
        async attempt =>
        {
            OpenPage<JsonObject> page = await _pages.OpenAsync(token, ahead: null, attempt).ConfigureAwait(false);
            _lastGood = Stopwatch.GetTimestamp();
            return page;
        },
        cancel);

    /// <summary>Waits for the next line that means something, over as many connections as that takes.</summary>
    private async ValueTask<WatchLine> NextAsync(string version, CancellationToken cancel)
    {
        try
        {
            return await _again.ExecuteAsync(attempt => TryNextAsync(version, attempt), cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not MeshException && !cancel.IsCancellationRequested)
        {
            throw KubeFailure.From(e, _client, _about);
        }
    }

    private async ValueTask<WatchLine> TryNextAsync(string version, CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                _connection ??= await WatchConnection.OpenAsync(_client, _resource, _query, version, _settings, cancel).ConfigureAwait(false);
                WatchLine line = await _connection.ReadAsync(cancel).ConfigureAwait(false);
                if (line is WatchLine.Failed failed)
                    throw Interrupted($"the server ended the watch: {failed.Message}");
                if (line is not WatchLine.Ended)
                {
                    _lastGood = Stopwatch.GetTimestamp();
                    return line;
                }
                bool tooSoon = !_connection.Spoke && _connection.Age < _settings.ShortestSilence;
                await CloseAsync().ConfigureAwait(false);
                if (tooSoon)
                    throw Interrupted("the server ended the watch before it began");
                _lastGood = Stopwatch.GetTimestamp();
            }
        }
        catch (Exception e)
        {
            await CloseAsync().ConfigureAwait(false);
            if (e is InvalidDataException)
                throw KubeResponse.Invalid(_client, _about, e.Message, e);
            throw;
        }
    }

    private MeshException Interrupted(string what) => new(
        "WatchInterrupted",
        FailureKind.Connection,
        $"{_client.Endpoint.Server}: could not {_about}: {what}.",
        "Look at the API server's health, and at proxies between that may not let watches pass.",
        _about);

    /// <summary>A server that has answered once may stay away for a while; one that never did is more likely not there at all.</summary>
    private bool MayRecover(Exception? failure) =>
        Transient.Includes(failure) && _lastGood is { } lastGood && Stopwatch.GetElapsedTime(lastGood) < _settings.GiveUpAfter;

    private async ValueTask CloseAsync()
    {
        if (_connection is { } connection)
        {
            _connection = null;
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }
}
