using System.Management.Automation;
using IstioAdmin.Core;
using IstioAdmin.Core.Kube;

namespace IstioAdmin.Clusters;

/// <summary>
/// The clusters that this process is connected to, and which of them is the current one. The module's only state: it belongs to the
/// process, so that runspaces (a parallel loop, a prompt's background work) share their connections.
/// </summary>
internal static class ConnectedClusters
{
    private static readonly object Gate = new();
    private static readonly List<MeshCluster> Connected = [];
    private static MeshCluster? _current;

    /// <summary>All of them, in the order in which they were connected.</summary>
    public static IReadOnlyList<MeshCluster> All
    {
        get
        {
            lock (Gate)
                return [.. Connected];
        }
    }

    /// <summary>The cluster that commands without <c>-Cluster</c> work on.</summary>
    public static MeshCluster? Current
    {
        get
        {
            lock (Gate)
                return _current;
        }
    }

    /// <summary>The current cluster.</summary>
    /// <exception cref="MeshException">No cluster is connected, or none of several is the current one.</exception>
    public static MeshCluster RequireCurrent()
    {
        lock (Gate)
        {
            return _current ?? throw (Connected.Count == 0
                ? new MeshException("NotConnected", FailureKind.Connection, "No cluster is connected.", "Connect one with Connect-MeshCluster.")
                : new MeshException("NoCurrentCluster", FailureKind.InvalidInput, $"None of the connected clusters is the current one: {Names()}.",
                    "Choose one with -Cluster, or make it the current one: Get-MeshCluster <name> | Connect-MeshCluster."));
        }
    }

    /// <summary>
    /// Adds a cluster and makes it the current one. A cluster of the same name is replaced, not closed: whoever holds it may still be using it.
    /// </summary>
    public static void Add(MeshCluster cluster)
    {
        lock (Gate)
        {
            int index = Connected.FindIndex(c => NameComparer.Equals(c.Name, cluster.Name));
            if (index < 0)
                Connected.Add(cluster);
            else
                Connected[index] = cluster;
            _current = cluster;
        }
    }

    /// <summary>
    /// Removes a cluster; false when it was not connected any more. When the current one goes, the only one that is left takes its place;
    /// of several none does, for nobody said which.
    /// </summary>
    public static bool Remove(MeshCluster cluster)
    {
        lock (Gate)
        {
            if (!Connected.Remove(cluster))
                return false;
            if (_current is null || _current == cluster)
                _current = Connected is [var only] ? only : null;
            return true;
        }
    }

    /// <summary>The clusters whose name is, or matches, <paramref name="pattern"/>.</summary>
    /// <exception cref="MeshException">It has no wildcards, and no connected cluster has that name.</exception>
    public static IReadOnlyList<MeshCluster> Find(string pattern)
    {
        IReadOnlyList<MeshCluster> all = All;
        if (all.FirstOrDefault(c => NameComparer.Equals(c.Name, pattern)) is { } named)
            return [named];
        var match = NamePattern.Parse(pattern);
        List<MeshCluster> found = [.. all.Where(c => match.IsMatch(c.Name))];
        return found.Count > 0 || match.HasWildcards ? found : throw NotConnected(match.Text);
    }

    /// <summary>The cluster of exactly that name.</summary>
    /// <exception cref="MeshException">No connected cluster has it.</exception>
    public static MeshCluster Named(string name) => All.FirstOrDefault(c => NameComparer.Equals(c.Name, name)) ?? throw NotConnected(name);

    /// <summary>Gives a cluster that is about to be shown its <c>IsCurrent</c>, which is asked for whenever it is looked at.</summary>
    public static PSObject ForDisplay(MeshCluster cluster)
    {
        PSObject shown = PSObject.AsPSObject(cluster);
        if (shown.Members[CurrentMarker.PropertyName] is null)
            shown.Members.Add(CurrentMarker.Property);
        return shown;
    }

    private static StringComparer NameComparer => StringComparer.OrdinalIgnoreCase;

    private static MeshException NotConnected(string name)
    {
        lock (Gate)
        {
            return new MeshException("ClusterNotConnected", FailureKind.NotFound,
                Connected.Count == 0 ? $"Cluster '{name}' is not connected; no cluster is." : $"Cluster '{name}' is not connected. Connected: {Names()}.",
                "Connect it with Connect-MeshCluster.", name);
        }
    }

    private static string Names() => string.Join(", ", Connected.Select(c => c.Name));
}
