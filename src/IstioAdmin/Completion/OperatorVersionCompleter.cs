using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Operators;

namespace IstioAdmin.Completion;

/// <summary>Completes the release lines of the operator that has been named.</summary>
public sealed class OperatorVersionCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Suggestions.Given(fakeBoundParameters, "Distribution").FirstOrDefault()?.ToString() is { } name
        && Enum.TryParse(name, ignoreCase: true, out IstioOperatorKind kind) && kind != IstioOperatorKind.None
            ? Suggestions.For(wordToComplete, IstioOperators.Versions(kind).Select(version => (version, $"The operator for Istio {version}")))
            : [];
}
