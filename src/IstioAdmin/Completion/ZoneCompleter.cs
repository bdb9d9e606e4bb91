using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using IstioAdmin.Core.Pke;

namespace IstioAdmin.Completion;

/// <summary>Completes the zones of the regions whose name was begun.</summary>
public sealed class ZoneCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Suggestions.For(wordToComplete, Suggestions.Within(async cancel =>
        {
            PipelineConnection pipeline = Suggestions.Pipeline(fakeBoundParameters);
            string cloud = Suggestions.Given(fakeBoundParameters, "Provider").FirstOrDefault()?.ToString() ?? "amazon";
            List<(string, string)> zones = [];
            foreach (string region in await CloudInfo.RegionsAsync(pipeline, cloud, reporter: null, cancel) ?? [])
            {
                // A region is asked for its zones when its name, as far as it was typed, may be meant.
                if (wordToComplete.StartsWith(region, StringComparison.OrdinalIgnoreCase) || region.StartsWith(wordToComplete, StringComparison.OrdinalIgnoreCase))
                    zones.AddRange((await CloudInfo.ZonesAsync(pipeline, cloud, region, reporter: null, cancel) ?? []).Select(zone => (zone, $"Zone of {region}")));
            }
            return (IReadOnlyList<(string, string)>)zones;
        }));
}
