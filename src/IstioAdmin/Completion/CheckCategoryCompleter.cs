using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using IstioAdmin.Core.Health;

namespace IstioAdmin.Completion;

/// <summary>Completes the categories of a mesh's checks.</summary>
public sealed class CheckCategoryCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Suggestions.For(wordToComplete, MeshTest.Categories.Select(category => (category, $"Category {category}")));
}
