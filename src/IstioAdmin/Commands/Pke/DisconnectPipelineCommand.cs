using System.Management.Automation;
using IstioAdmin.Completion;
using IstioAdmin.Core;
using IstioAdmin.Core.Pke;
using IstioAdmin.Pipelines;

namespace IstioAdmin.Commands;

/// <summary>Closes the connection to Pipelines and forgets their tokens; the current one by default.</summary>
[Cmdlet(VerbsCommunications.Disconnect, "Pipeline", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low, DefaultParameterSetName = "Pipeline")]
public sealed class DisconnectPipelineCommand : PipelineCommand
{
    /// <inheritdoc/>
    [Parameter(ValueFromPipeline = true, ParameterSetName = "Pipeline")]
    [ConnectedPipeline]
    [ArgumentCompleter(typeof(PipelineCompleter))]
    public override PipelineConnection? Pipeline { get; set; }

    /// <summary>Names of connected Pipelines, with wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "Name")]
    [ArgumentCompleter(typeof(PipelineCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel)
    {
        foreach (PipelineConnection pipeline in ParameterSetName == "Name" ? Named() : [RequirePipeline()])
        {
            if (!ShouldProcess($"{pipeline.Name} ({pipeline.Endpoint})", "Disconnect"))
                continue;
            if (ConnectedPipelines.Known.Remove(pipeline))
                pipeline.Dispose();
            else
                WriteVerbose($"Pipeline '{pipeline.Name}' was not connected any more.");
        }
        return Task.CompletedTask;
    }

    private List<PipelineConnection> Named()
    {
        var found = new List<PipelineConnection>();
        foreach (string name in Name)
        {
            try
            {
                found.AddRange(ConnectedPipelines.Known.Find(name).Except(found));
            }
            catch (MeshException e)
            {
                WriteFailure(e, target: name);
            }
        }
        return found;
    }
}
