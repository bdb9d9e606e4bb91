using System.Collections.Immutable;

namespace IstioAdmin.Sandbox.Api.Storage;

/// <summary>The objects of one type and what happened to them lately. Changed by <see cref="ObjectStore"/> alone, under its lock.</summary>
internal sealed class TypeStore(int eventLimit, long eventBytes)
{
    // What happened lately, in its order, from _first on; what has been forgotten is cut off now and then.
    private readonly List<StoreEvent?> _events = [];
    private int _first;
    private long _eventSize;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The objects by namespace and name, in the order in which etcd keeps them.</summary>
    public ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, StoredObject>> Objects { get; private set; } =
        ImmutableSortedDictionary.Create<string, ImmutableSortedDictionary<string, StoredObject>>(NamespaceOrder.Instance);

    /// <summary>How many objects there are.</summary>
    public int Count { get; private set; }

    /// <summary>The last version whose event has been forgotten.</summary>
    public long Forgotten { get; set; }

    /// <summary>Ends with the next change.</summary>
    public Task Changed => _changed.Task;

    /// <summary>An object; null when there is none.</summary>
    public StoredObject? Find(string @namespace, string name) =>
        Objects.TryGetValue(@namespace, out ImmutableSortedDictionary<string, StoredObject>? names) ? names.GetValueOrDefault(name) : null;

    /// <summary>Puts an object in its place.</summary>
    public void Put(StoredObject item)
    {
        ImmutableSortedDictionary<string, StoredObject> names = Objects.GetValueOrDefault(item.Namespace)
            ?? ImmutableSortedDictionary.Create<string, StoredObject>(StringComparer.Ordinal);
        Count += names.ContainsKey(item.Name) ? 0 : 1;
        Objects = Objects.SetItem(item.Namespace, names.SetItem(item.Name, item));
    }

    /// <summary>Takes an object away.</summary>
    public void Take(StoredObject item)
    {
        ImmutableSortedDictionary<string, StoredObject> names = Objects[item.Namespace].Remove(item.Name);
        Objects = names.IsEmpty ? Objects.Remove(item.Namespace) : Objects.SetItem(item.Namespace, names);
        Count--;
    }

    /// <summary>Notes what happened, and wakes who waits for it.</summary>
    public void Note(StoreEvent happened)
    {
        _events.Add(happened);
        _eventSize += happened.Size;
        while (_events.Count - _first > eventLimit || (_eventSize > eventBytes && _events.Count - _first > 1))
            ForgetOldest();
        CutOff();
        Wake();
    }

    /// <summary>Forgets what happened up to a version, and what was before it.</summary>
    public void Forget(long version)
    {
        while (_first < _events.Count && _events[_first]!.Version <= version)
            ForgetOldest();
        Forgotten = Math.Max(Forgotten, version);
        CutOff();
    }

    /// <summary>Wakes who waits for changes.</summary>
    public void Wake()
    {
        TaskCompletionSource changed = _changed;
        _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.SetResult();
    }

    /// <summary>What happened after a version, in its order; null when some of it has been forgotten.</summary>
    public StoreEvent[]? Since(long version)
    {
        if (version < Forgotten)
            return null;
        int low = _first, high = _events.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_events[middle]!.Version <= version)
                low = middle + 1;
            else
                high = middle;
        }
        if (low == _events.Count)
            return [];
        var later = new StoreEvent[_events.Count - low];
        _events.CopyTo(low, later!, 0, later.Length);
        return later;
    }

    /// <summary>The objects as they were at a version; null when that has been forgotten.</summary>
    public ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, StoredObject>>? At(long version)
    {
        if (Since(version) is not { } later)
            return null;
        var then = new TypeStore(0, 0) { Objects = Objects };
        foreach (StoreEvent happened in Enumerable.Reverse(later))
        {
            if (happened.Before is { } before)
                then.Put(before);
            else
                then.Take(happened.After!);
        }
        return then.Objects;
    }

    private void ForgetOldest()
    {
        StoreEvent oldest = _events[_first]!;
        _events[_first++] = null;
        _eventSize -= oldest.Size;
        Forgotten = oldest.Version;
    }

    private void CutOff()
    {
        if (_first <= 1024 || _first <= _events.Count / 2)
            return;
        _events.RemoveRange(0, _first);
        _first = 0;
    }

    // etcd's keys end a namespace with a slash, which comes after '-' and '.'.
    private sealed class NamespaceOrder : IComparer<string>
    {
        public static NamespaceOrder Instance { get; } = new();

        public int Compare(string? x, string? y)
        {
            int common = Math.Min(x!.Length, y!.Length);
            int order = string.CompareOrdinal(x, 0, y, 0, common);
            return order != 0 || x.Length == y.Length ? order
                : x.Length > common ? x[common].CompareTo('/')
                : '/'.CompareTo(y[common]);
        }
    }
}
