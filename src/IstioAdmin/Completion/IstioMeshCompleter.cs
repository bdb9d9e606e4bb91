using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Completion;

/// <summary>Completes the names of meshes.</summary>
public sealed class IstioMeshCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Suggestions.For(wordToComplete, Suggestions.Within(async cancel =>
        {
            List<(string, string)> names = [];
            foreach (MeshCluster cluster in Suggestions.Clusters(fakeBoundParameters))
                names.AddRange((await IstioMeshes.ListAsync(cluster, null, cancel)).Select(mesh => (mesh.Name, $"{mesh.Operator} mesh {mesh.Version} in namespace {mesh.Namespace}")));
            return (IReadOnlyList<(string, string)>)names;
        }));
}
