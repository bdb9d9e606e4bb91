using System.Collections;
using System.Management.Automation;
using IstioAdmin.Core;
using IstioAdmin.Core.Kube;

namespace IstioAdmin.Clusters;

/// <summary>Lets a parameter that takes clusters take their names too, with wildcards.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ConnectedClusterAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var clusters = new List<MeshCluster>();
        try
        {
            Collect(inputData, clusters);
        }
        catch (MeshException e)
        {
            throw new ArgumentTransformationMetadataException(e.Advice, e);
        }
        return clusters.ToArray();
    }

    private static void Collect(object? value, List<MeshCluster> clusters)
    {
        switch (value is PSObject shown ? shown.BaseObject : value)
        {
            case MeshCluster cluster:
                clusters.Add(cluster);
                break;
            case string name:
                clusters.AddRange(ConnectedClusters.Find(name));
                break;
            case IEnumerable many:
                foreach (object? one in many)
                    Collect(one, clusters);
                break;
            case var other:
                // This form tells PowerShell that a pipeline object is meant for another parameter.
                var cast = new PSInvalidCastException($"A {other?.GetType().Name ?? "null"} is neither a cluster nor the name of one.");
                throw new ArgumentTransformationMetadataException(cast.Message, cast);
        }
    }
}
