using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Listing;

namespace IstioAdmin.Completion;

/// <summary>Completes the namespaces of the cluster that is given with -Cluster, or else of the current one.</summary>
public sealed class NamespaceCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Suggestions.For(wordToComplete, Suggestions.Within(async cancel =>
        {
            var names = new SortedSet<string>(StringComparer.Ordinal);
            foreach (MeshCluster cluster in Suggestions.Clusters(fakeBoundParameters))
                names.UnionWith(await KubeNamespaces.ListNamesAsync(cluster.Client, cancel));
            return (IReadOnlyList<(string, string)>)[.. names.Select(name => (name, $"Namespace {name}"))];
        }));
}
