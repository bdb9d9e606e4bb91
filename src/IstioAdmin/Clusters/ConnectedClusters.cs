using System.Management.Automation;
using IstioAdmin.Core;
using IstioAdmin.Core.Kube;
using IstioAdmin.Pipelines;

namespace IstioAdmin.Clusters;

/// <summary>The clusters that this process is connected to, and which of them is the current one.</summary>
internal static class ConnectedClusters
{
    private static readonly Connections<MeshCluster> Known = new(cluster => cluster.Name, new ConnectionWords(
        "cluster", "NotConnected", "ClusterNotConnected", "NoCurrentCluster", "Connect-MeshCluster",
        "Choose one with -Cluster, or make it the current one: Get-MeshCluster <name> | Connect-MeshCluster."));

    /// <summary>All of them, in the order in which they were connected.</summary>
    public static IReadOnlyList<MeshCluster> All => Known.All;

    /// <summary>The cluster that commands without <c>-Cluster</c> work on.</summary>
    public static MeshCluster? Current => Known.Current;

    /// <summary>The current cluster.</summary>
    /// <exception cref="MeshException">No cluster is connected, or none of several is the current one.</exception>
    public static MeshCluster RequireCurrent() => Known.RequireCurrent();

    /// <summary>Adds a cluster and makes it the current one. A cluster of the same name is replaced.</summary>
    public static void Add(MeshCluster cluster) => Known.Add(cluster);

    /// <summary>Removes a cluster; false when it was not connected any more.</summary>
    public static bool Remove(MeshCluster cluster) => Known.Remove(cluster);

    /// <summary>The clusters whose name is, or matches, <paramref name="pattern"/>.</summary>
    /// <exception cref="MeshException">It has no wildcards, and no connected cluster has that name.</exception>
    public static IReadOnlyList<MeshCluster> Find(string pattern) => Known.Find(pattern);

    /// <summary>The cluster of exactly that name.</summary>
    /// <exception cref="MeshException">No connected cluster has it.</exception>
    public static MeshCluster Named(string name) => Known.Named(name);

    /// <summary>Gives a cluster that is about to be shown its <c>IsCurrent</c>.</summary>
    public static PSObject ForDisplay(MeshCluster cluster) => CurrentMarker.Mark(cluster);
}
