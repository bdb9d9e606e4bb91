using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Listing;

namespace IstioAdmin.Core.Kube.Watching;

/// <summary>
/// What the consumer has been told so far. Whatever comes in, from a watch or from a list, is turned into the difference to that, so that
/// nothing is told twice and nothing is left out.
/// </summary>
internal sealed class WatchState<T>
{
    private readonly Func<JsonObject, T> _select;
    private readonly Dictionary<ObjectKey, Known> _known = [];
    private readonly HashSet<ObjectKey> _listed = [];

    public WatchState(Func<JsonObject, T> select) => _select = select;

    /// <summary>A list begins.</summary>
    public void BeginList() => _listed.Clear();

    /// <summary>An object of the list.</summary>
    public IEnumerable<ObjectChanged<T>> Listed(JsonObject item)
    {
        _listed.Add(JsonObjects.KeyOf(item));
        return Exists(item);
    }

    /// <summary>The list is complete: what it did not hold is gone.</summary>
    public IEnumerable<ObjectChanged<T>> EndList()
    {
        foreach ((ObjectKey key, Known known) in _known.Where(entry => !_listed.Contains(entry.Key)).ToArray())
        {
            _known.Remove(key);
            yield return new ObjectChanged<T>(ObjectChange.Deleted, known.Object);
        }
        _listed.Clear();
    }

    /// <summary>A change that the server reported.</summary>
    public IEnumerable<ObjectChanged<T>> Changed(WatchLine.Change change) => change.Kind switch
    {
        ObjectChange.Added or ObjectChange.Modified => Exists(change.Object),
        ObjectChange.Deleted => IsGone(change.Object),
        _ => throw new ArgumentOutOfRangeException(nameof(change)),
    };

    private IEnumerable<ObjectChanged<T>> Exists(JsonObject item)
    {
        ObjectKey key = JsonObjects.KeyOf(item);
        string? uid = item.Metadata("uid"), version = item.Metadata("resourceVersion");
        bool before = _known.TryGetValue(key, out Known known);
        if (before && known.Uid == uid && known.Version == version)
            yield break;
        var now = new Known(uid, version, _select(item));
        _known[key] = now;
        // Deleted and made anew while nobody looked.
        if (before && known.Uid != uid)
            yield return new ObjectChanged<T>(ObjectChange.Deleted, known.Object);
        yield return new ObjectChanged<T>(before && known.Uid == uid ? ObjectChange.Modified : ObjectChange.Added, now.Object);
    }

    private IEnumerable<ObjectChanged<T>> IsGone(JsonObject item)
    {
        if (_known.Remove(JsonObjects.KeyOf(item)))
            yield return new ObjectChanged<T>(ObjectChange.Deleted, _select(item));
    }

    private readonly record struct Known(string? Uid, string? Version, T Object);
}
