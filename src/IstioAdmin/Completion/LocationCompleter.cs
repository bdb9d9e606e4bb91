using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using IstioAdmin.Core.Pke;

namespace IstioAdmin.Completion;

/// <summary>Completes the regions of the cloud that is given with -Cloud.</summary>
public sealed class LocationCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Suggestions.For(wordToComplete, Suggestions.Within(async cancel =>
        {
            string cloud = Suggestions.Given(fakeBoundParameters, "Cloud").FirstOrDefault()?.ToString() ?? "amazon";
            IReadOnlyList<string>? regions = await CloudInfo.RegionsAsync(Suggestions.Pipeline(fakeBoundParameters), cloud, reporter: null, cancel);
            return (IReadOnlyList<(string, string)>)[.. (regions ?? []).Select(region => (region, $"Region of {cloud}"))];
        }));
}
