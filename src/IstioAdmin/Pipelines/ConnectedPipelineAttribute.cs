using System.Management.Automation;
using IstioAdmin.Core;
using IstioAdmin.Core.Pke;

namespace IstioAdmin.Pipelines;

/// <summary>Lets a parameter that takes a Pipeline take its name too.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ConnectedPipelineAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        switch (inputData is PSObject shown ? shown.BaseObject : inputData)
        {
            case PipelineConnection pipeline:
                return pipeline;
            case string name:
                try
                {
                    return ConnectedPipelines.Known.Find(name) switch
                    {
                        [var only] => only,
                        var several => throw new MeshException("PipelineAmbiguous", FailureKind.InvalidInput,
                            $"'{name}' matches {several.Count} connected Pipelines{(several.Count > 0 ? $": {string.Join(", ", several)}" : "")}.", "Name one."),
                    };
                }
                catch (MeshException e)
                {
                    throw new ArgumentTransformationMetadataException(e.Remedy is null ? e.Message : $"{e.Message} {e.Remedy}", e);
                }

            case var other:
                // This form tells PowerShell that a pipeline object is meant for another parameter.
                var cast = new PSInvalidCastException($"A {other?.GetType().Name ?? "null"} is neither a Pipeline nor the name of one.");
                throw new ArgumentTransformationMetadataException(cast.Message, cast);
        }
    }
}
