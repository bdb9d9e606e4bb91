using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh.Ingress;

namespace IstioAdmin.Completion;

/// <summary>Completes the names of ingress gateways.</summary>
public sealed class IstioIngressCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Suggestions.For(wordToComplete, Suggestions.Within(async cancel =>
        {
            List<(string, string)> names = [];
            foreach (MeshCluster cluster in Suggestions.Clusters(fakeBoundParameters))
            {
                names.AddRange((await MeshIngresses.ListAsync(cluster, null, (_, _) => true, new Silence(), cancel))
                    .Select(ingress => (ingress.Name, $"{ingress.Type} in namespace {ingress.Namespace}: {ingress.State}")));
            }
            return (IReadOnlyList<(string, string)>)names;
        }));
}
