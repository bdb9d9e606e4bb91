using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using IstioAdmin.Clusters;

namespace IstioAdmin.Completion;

/// <summary>Completes the names of connected clusters.</summary>
public sealed class ClusterCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Suggestions.For(wordToComplete, ConnectedClusters.All.Select(c => (c.Name, $"{c.Server} {c.Version}")));
}
