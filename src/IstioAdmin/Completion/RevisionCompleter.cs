using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh.Injection;

namespace IstioAdmin.Completion;

/// <summary>Completes the revisions to which injectors answer.</summary>
public sealed class RevisionCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Suggestions.For(wordToComplete, Suggestions.Within(async cancel =>
        {
            List<(string, string)> names = [];
            foreach (MeshCluster cluster in Suggestions.Clusters(fakeBoundParameters))
                names.AddRange((await InjectorRevisions.FindAsync(cluster, cancel)).Select(revision => (revision, $"Revision {revision} in {cluster.Name}")));
            return (IReadOnlyList<(string, string)>)[.. names.Distinct()];
        }));
}
