using System.Management.Automation;
using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Clusters;

/// <summary>Lets a parameter that takes pods take what was found out about a pod, too: any object whose property Pod is one.</summary>
/// <remarks>Such an object has a name and a namespace as well, by which PowerShell would take it for something else where a parameter of another set asks for these.</remarks>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PodOfAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        inputData is PSObject { BaseObject: not MeshPod } found && found.Properties["Pod"]?.Value is { } value && (value is PSObject shown ? shown.BaseObject : value) is MeshPod pod
            ? pod
            : inputData;
}
