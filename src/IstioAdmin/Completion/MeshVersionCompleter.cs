using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using IstioAdmin.Core.Operators;

namespace IstioAdmin.Completion;

/// <summary>Completes the versions of Istio that operators are known to run.</summary>
public sealed class MeshVersionCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string? distribution = Suggestions.Given(fakeBoundParameters, "Distribution").FirstOrDefault()?.ToString();
        return Suggestions.For(wordToComplete, MeshOperator.All
            .Where(known => distribution is null || string.Equals(known.Kind.ToString(), distribution, StringComparison.OrdinalIgnoreCase))
            .SelectMany(known => known.KnownVersions.Select(version => (version, $"Runs under the {known.Kind} operator"))));
    }
}
