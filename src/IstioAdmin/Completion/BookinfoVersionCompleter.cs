using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using IstioAdmin.Core.Samples;

namespace IstioAdmin.Completion;

/// <summary>Completes the known versions of Bookinfo.</summary>
public sealed class BookinfoVersionCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Suggestions.For(wordToComplete, BookinfoRelease.Known.Select(release => (release.Version, $"The sample of Istio {release.Istio}")));
}
