using System.Management.Automation;
using System.Reflection;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Pke;
using IstioAdmin.Pipelines;

namespace IstioAdmin.Clusters;

/// <summary>The property <c>IsCurrent</c> of clusters and Pipelines. It is added here rather than in a types file because reading one would cost every import.</summary>
public static class CurrentMarker
{
    internal const string PropertyName = "IsCurrent";

    private static readonly MethodInfo Getter = typeof(CurrentMarker).GetMethod(nameof(IsCurrent))!;

    internal static PSCodeProperty Property => new(PropertyName, Getter);

    /// <summary>Whether a connection is the current one of its kind. Called by PowerShell.</summary>
    public static bool IsCurrent(PSObject connection) => connection?.BaseObject switch
    {
        MeshCluster cluster => ConnectedClusters.Current == cluster,
        PipelineConnection pipeline => ConnectedPipelines.Known.Current == pipeline,
        _ => false,
    };

    /// <summary>Gives a connection the property, which is asked for whenever it is looked at.</summary>
    internal static PSObject Mark(object connection)
    {
        PSObject shown = PSObject.AsPSObject(connection);
        if (shown.Members[PropertyName] is null)
            shown.Members.Add(Property);
        return shown;
    }
}
