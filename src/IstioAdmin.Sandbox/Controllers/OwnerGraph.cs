using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Controllers;

/// <summary>Who owns whom, of all objects of a cluster; no more of each than that needs.</summary>
internal sealed class OwnerGraph
{
    private readonly object _gate = new();
    private readonly Dictionary<string, OwnedNode> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _dependents = new(StringComparer.Ordinal);

    /// <summary>Takes an object in as it is.</summary>
    public (OwnedNode? Before, OwnedNode Now) Put(ServedResource type, JsonObject item)
    {
        IReadOnlyList<string> finalizers = Meta.Finalizers(item);
        var now = new OwnedNode(
            Meta.Uid(item), type, Meta.Namespace(item), Meta.Name(item),
            [.. Meta.Owners(item).Select(owner => new OwnerRef(
                Json.Text(owner, "apiVersion") ?? "", Json.Text(owner, "kind") ?? "", Json.Text(owner, "name") ?? "", Json.Text(owner, "uid") ?? "", Json.Flag(owner, "blockOwnerDeletion") == true))],
            Meta.IsDeleting(item), finalizers.Contains("foregroundDeletion"), finalizers.Contains("orphan"));
        lock (_gate)
        {
            OwnedNode? before = _nodes.GetValueOrDefault(now.Uid);
            _nodes[now.Uid] = now;
            foreach (OwnerRef owner in before?.Owners ?? [])
                Unlink(owner.Uid, now.Uid);
            foreach (OwnerRef owner in now.Owners)
            {
                if (!_dependents.TryGetValue(owner.Uid, out HashSet<string>? dependents))
                    _dependents[owner.Uid] = dependents = new HashSet<string>(StringComparer.Ordinal);
                dependents.Add(now.Uid);
            }
            return (before, now);
        }
    }

    /// <summary>Takes an object out.</summary>
    public OwnedNode? Remove(string uid)
    {
        lock (_gate)
        {
            if (!_nodes.Remove(uid, out OwnedNode? node))
                return null;
            foreach (OwnerRef owner in node.Owners)
                Unlink(owner.Uid, uid);
            return node;
        }
    }

    public OwnedNode? Find(string uid)
    {
        lock (_gate)
            return _nodes.GetValueOrDefault(uid);
    }

    /// <summary>The objects that name an owner.</summary>
    public IReadOnlyList<OwnedNode> DependentsOf(string uid)
    {
        lock (_gate)
            return _dependents.TryGetValue(uid, out HashSet<string>? dependents) ? [.. dependents.Select(dependent => _nodes[dependent])] : [];
    }

    /// <summary>The objects of a type.</summary>
    public IReadOnlyList<OwnedNode> Of(ServedResource type)
    {
        lock (_gate)
            return [.. _nodes.Values.Where(node => node.Type == type)];
    }

    private void Unlink(string owner, string dependent)
    {
        if (!_dependents.TryGetValue(owner, out HashSet<string>? dependents))
            return;
        dependents.Remove(dependent);
        if (dependents.Count == 0)
            _dependents.Remove(owner);
    }
}

/// <summary>An object in the graph.</summary>
/// <param name="Uid">Its uid.</param>
/// <param name="Type">Its type.</param>
/// <param name="Namespace">Its namespace; null for one of the cluster.</param>
/// <param name="Name">Its name.</param>
/// <param name="Owners">Its owners.</param>
/// <param name="Deleting">Whether it is being deleted.</param>
/// <param name="Foreground">Whether it waits for its dependents to go before it.</param>
/// <param name="Orphan">Whether its dependents are to be let go first.</param>
internal sealed record OwnedNode(string Uid, ServedResource Type, string? Namespace, string Name, IReadOnlyList<OwnerRef> Owners, bool Deleting, bool Foreground, bool Orphan)
{
    public string Path => Meta.PathOf(Type.Path, Namespace, Name);

    /// <summary>Whether it waits for its dependents.</summary>
    public bool Waits => Deleting && Foreground;
}

/// <summary>An owner reference.</summary>
internal sealed record OwnerRef(string ApiVersion, string Kind, string Name, string Uid, bool Blocks);
