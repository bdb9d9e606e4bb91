using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using IstioAdmin.Pipelines;

namespace IstioAdmin.Completion;

/// <summary>Completes the names of connected Pipelines.</summary>
public sealed class PipelineCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Suggestions.For(wordToComplete, ConnectedPipelines.Known.All.Select(pipeline => (pipeline.Name, $"{pipeline.Organization} at {pipeline.Endpoint}")));
}
