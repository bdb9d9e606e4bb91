using System.Management.Automation;
using IstioAdmin.Completion;
using IstioAdmin.Core;
using IstioAdmin.Core.Pke;
using IstioAdmin.Pipelines;

namespace IstioAdmin.Commands;

/// <summary>Lists the connected Pipelines.</summary>
[Cmdlet(VerbsCommon.Get, "Pipeline", DefaultParameterSetName = "Name"), OutputType(typeof(PipelineConnection))]
public sealed class GetPipelineCommand : AsyncCommand
{
    /// <summary>Names, with wildcards.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ParameterSetName = "Name")]
    [ArgumentCompleter(typeof(PipelineCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    /// <summary>Only the current one.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Current")]
    public SwitchParameter Current { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel)
    {
        if (Current)
        {
            WriteObject(ConnectedPipelines.ForDisplay(ConnectedPipelines.Known.RequireCurrent()));
            return Task.CompletedTask;
        }
        foreach (string name in Name)
        {
            try
            {
                foreach (PipelineConnection pipeline in ConnectedPipelines.Known.Find(name))
                    WriteObject(ConnectedPipelines.ForDisplay(pipeline));
            }
            catch (MeshException e)
            {
                WriteFailure(e, target: name);
            }
        }
        return Task.CompletedTask;
    }
}
