using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;

namespace IstioAdmin.Sandbox.Client;

/// <summary>
/// A collection as the API server has it, kept in memory by one list and one watch (client-go's shared informer). Whoever writes an object hands the
/// answer in with <see cref="Observe"/>, so that it sees its own writes at once.
/// </summary>
/// <remarks>What it hands out is shared: nobody may change it. <c>metadata.managedFields</c> is left out.</remarks>
/// <param name="api">The API server.</param>
/// <param name="path">The collection, in all namespaces: <c>api/v1/pods</c>.</param>
internal sealed class Informer(ClusterApi api, string path)
{
    private const int MostTombstones = 4096;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan UnservedPause = TimeSpan.FromSeconds(1);

    private readonly object _gate = new();
    private readonly Dictionary<string, Entry> _items = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Index> _indexes = new(StringComparer.Ordinal);
    private ImmutableArray<Action<JsonObject?, JsonObject?>> _handlers = [];
    private readonly HashSet<string> _gone = new(StringComparer.Ordinal);
    private readonly Queue<string> _goneInOrder = new();
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The collection.</summary>
    public string Path => path;

    /// <summary>Ends when the first list has come, or when the server was found not to serve the collection.</summary>
    public Task Synced => _synced.Task;

    /// <summary>Whether the server serves the collection, as far as is known.</summary>
    public bool IsServed { get; private set; }

    /// <summary>How many objects there are.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _items.Count;
        }
    }

    /// <summary>The key of an object: <c>NAMESPACE/NAME</c>, or <c>NAME</c> for one of the cluster.</summary>
    public static string KeyOf(JsonObject item) => Meta.Namespace(item) is { } ns ? $"{ns}/{Meta.Name(item)}" : Meta.Name(item);

    /// <summary>Adds an index; before the informer runs, or once more under the same name, which does nothing.</summary>
    public Informer IndexBy(string name, Func<JsonObject, IEnumerable<string>> keys)
    {
        lock (_gate)
        {
            if (_indexes.TryAdd(name, new Index(keys)))
            {
                foreach ((string key, Entry entry) in _items)
                    _indexes[name].Add(key, entry.Object);
            }
        }
        return this;
    }

    /// <summary>Calls somebody at every change, with what was before (null for a new object) and what is now (null for one that went away).</summary>
    public void OnChange(Action<JsonObject?, JsonObject?> handler)
    {
        lock (_gate)
            _handlers = _handlers.Add(handler);
    }

    /// <summary>An object; null when there is none.</summary>
    public JsonObject? Find(string key)
    {
        lock (_gate)
            return _items.GetValueOrDefault(key)?.Object;
    }

    /// <summary>An object of a namespace; null when there is none.</summary>
    public JsonObject? Find(string ns, string name) => Find($"{ns}/{name}");

    /// <summary>All objects at this moment.</summary>
    public IReadOnlyList<JsonObject> All()
    {
        lock (_gate)
            return [.. _items.Values.Select(entry => entry.Object)];
    }

    /// <summary>The objects that an index has under a key.</summary>
    public IReadOnlyList<JsonObject> By(string index, string key)
    {
        lock (_gate)
            return [.. _indexes[index].Find(key).Select(found => _items[found].Object)];
    }

    /// <summary>How many objects an index has under a key.</summary>
    public int CountBy(string index, string key)
    {
        lock (_gate)
            return _indexes[index].Find(key).Count;
    }

    /// <summary>Takes an object as the server answered it to a write, unless a newer one is known.</summary>
    public JsonObject Observe(JsonObject item)
    {
        Apply(item);
        return item;
    }

    /// <summary>Lists and watches until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                if (await api.ListVersionedAsync(path, cancel).ConfigureAwait(false) is not var (items, version))
                {
                    IsServed = false;
                    _synced.TrySetResult();
                    await Task.Delay(UnservedPause, cancel).ConfigureAwait(false);
                    continue;
                }
                IsServed = true;
                Replace(items, version);
                _synced.TrySetResult();
                await foreach (WatchEvent change in api.FollowEventsAsync(path, version, cancel).ConfigureAwait(false))
                {
                    if (change.Type == "DELETED")
                        Remove(change.Object());
                    else if (change.Type != "BOOKMARK" && !IsKnown(change))
                        Apply(change.Object());
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException or ClusterApiException or System.Text.Json.JsonException)
            {
                // The server is away, or broke off in the middle of a line.
                await Task.Delay(Pause, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
        }
    }

    // Most changes are known from the answers to those who made them.
    private bool IsKnown(WatchEvent change)
    {
        lock (_gate)
            return _items.TryGetValue(change.Namespace is { } ns ? $"{ns}/{change.Name}" : change.Name, out Entry? known) && known.Version >= change.Version;
    }

    private void Replace(IReadOnlyList<JsonObject> items, string version)
    {
        HashSet<string> listed = new(items.Select(KeyOf), StringComparer.Ordinal);
        List<JsonObject> lost;
        ulong at = Number(version);
        lock (_gate)
            lost = [.. _items.Where(entry => !listed.Contains(entry.Key) && entry.Value.Version <= at).Select(entry => entry.Value.Object)];
        foreach (JsonObject item in lost)
            Remove(item);
        foreach (JsonObject item in items)
            Apply(item);
    }

    private void Apply(JsonObject item)
    {
        (item["metadata"] as JsonObject)?.Remove("managedFields");
        string key = KeyOf(item), uid = Meta.Uid(item);
        ulong version = Number(Json.Text(item, "metadata", "resourceVersion"));
        JsonObject? before;
        lock (_gate)
        {
            if (_gone.Contains(uid))
                return;
            Entry? known = _items.GetValueOrDefault(key);
            if (known is not null && known.Version >= version)
                return;
            before = known?.Object;
            _items[key] = new Entry(item, version);
            foreach (Index index in _indexes.Values)
                index.Change(key, before, item);
        }
        if (before is not null && Meta.Uid(before) != uid)
        {
            Tell(before, null);
            before = null;
        }
        Tell(before, item);
    }

    private void Remove(JsonObject item)
    {
        string key = KeyOf(item), uid = Meta.Uid(item);
        lock (_gate)
        {
            // An answer to a write may come in later than the news that the object has gone.
            if (_gone.Add(uid))
                _goneInOrder.Enqueue(uid);
            if (_goneInOrder.Count > MostTombstones)
                _gone.Remove(_goneInOrder.Dequeue());
            if (!_items.TryGetValue(key, out Entry? known) || Meta.Uid(known.Object) != uid)
                return;
            _items.Remove(key);
            foreach (Index index in _indexes.Values)
                index.Change(key, known.Object, null);
        }
        Tell(item, null);
    }

    private void Tell(JsonObject? before, JsonObject? now)
    {
        ImmutableArray<Action<JsonObject?, JsonObject?>> handlers;
        lock (_gate)
            handlers = _handlers;
        foreach (Action<JsonObject?, JsonObject?> handler in handlers)
            handler(before, now);
    }

    private static ulong Number(string? version) => ulong.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : 0;

    private sealed record Entry(JsonObject Object, ulong Version);

    private sealed class Index(Func<JsonObject, IEnumerable<string>> keys)
    {
        private static readonly HashSet<string> Nothing = [];
        private readonly Dictionary<string, HashSet<string>> _found = new(StringComparer.Ordinal);

        public HashSet<string> Find(string key) => _found.GetValueOrDefault(key, Nothing);

        public void Change(string item, JsonObject? before, JsonObject? now)
        {
            if (before is not null)
            {
                foreach (string key in keys(before))
                {
                    if (!_found.TryGetValue(key, out HashSet<string>? items))
                        continue;
                    items.Remove(item);
                    if (items.Count == 0)
                        _found.Remove(key);
                }
            }
            if (now is not null)
                Add(item, now);
        }

        public void Add(string item, JsonObject now)
        {
            foreach (string key in keys(now))
            {
                if (!_found.TryGetValue(key, out HashSet<string>? items))
                    _found[key] = items = new HashSet<string>(StringComparer.Ordinal);
                items.Add(item);
            }
        }
    }
}
