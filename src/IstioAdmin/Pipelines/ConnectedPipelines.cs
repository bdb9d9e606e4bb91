using System.Management.Automation;
using IstioAdmin.Clusters;
using IstioAdmin.Core.Pke;

namespace IstioAdmin.Pipelines;

/// <summary>The Pipelines that this process is connected to.</summary>
internal static class ConnectedPipelines
{
    public static Connections<PipelineConnection> Known { get; } =
        new(pipeline => pipeline.Name, new ConnectionWords("Pipeline", "PipelineNotConnected", "PipelineNotConnected", "NoCurrentPipeline", "Connect-Pipeline",
            "Choose one with -Pipeline, or make it the current one: Get-Pipeline <name> | Connect-Pipeline."));

    /// <summary>Gives one that is about to be shown its <c>IsCurrent</c>.</summary>
    public static PSObject ForDisplay(PipelineConnection pipeline) => CurrentMarker.Mark(pipeline);
}
