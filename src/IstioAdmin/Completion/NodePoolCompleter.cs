using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using IstioAdmin.Core.Pke;

namespace IstioAdmin.Completion;

/// <summary>Completes the names of the node pools of the clusters being typed.</summary>
public sealed class NodePoolCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Suggestions.For(wordToComplete, Suggestions.Within(async cancel =>
        {
            List<(string, string)> names = [];
            foreach (object given in Suggestions.Given(fakeBoundParameters, "Cluster").Concat(Suggestions.Given(fakeBoundParameters, "Name")))
            {
                PkeCluster? cluster = given as PkeCluster ?? await PkeClusters.TryFindAsync(Suggestions.Pipeline(fakeBoundParameters), given.ToString()!, cancel);
                names.AddRange((cluster?.NodePools ?? []).Select(pool => (pool.Name, $"{pool.Count} {pool.InstanceType} in {cluster!.Name}")));
            }
            return (IReadOnlyList<(string, string)>)[.. names.Distinct()];
        }));
}
