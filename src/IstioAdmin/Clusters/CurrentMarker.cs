using System.Management.Automation;
using System.Reflection;
using IstioAdmin.Core.Kube;

namespace IstioAdmin.Clusters;

/// <summary>The property <c>IsCurrent</c> of clusters. It is added here rather than in a types file because reading one would cost every import.</summary>
public static class CurrentMarker
{
    internal const string PropertyName = "IsCurrent";

    private static readonly MethodInfo Getter = typeof(CurrentMarker).GetMethod(nameof(IsCurrent))!;

    internal static PSCodeProperty Property => new(PropertyName, Getter);

    /// <summary>Whether a cluster is the current one. Called by PowerShell.</summary>
    public static bool IsCurrent(PSObject cluster) =>
        cluster is { BaseObject: MeshCluster known } && ConnectedClusters.Current == known;
}
