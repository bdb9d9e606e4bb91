using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using IstioAdmin.Core.Pke;

namespace IstioAdmin.Completion;

/// <summary>Completes the names of an organization's clusters.</summary>
public sealed class PkeClusterCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Suggestions.For(wordToComplete, Suggestions.Within(async cancel => (IReadOnlyList<(string, string)>)
        [
            .. (await PkeClusters.ListAsync(Suggestions.Pipeline(fakeBoundParameters), cancel))
                .Select(cluster => (cluster.Name, $"{cluster.Distribution} {cluster.Version} in {cluster.Location}, {cluster.StatusText}")),
        ]));
}
