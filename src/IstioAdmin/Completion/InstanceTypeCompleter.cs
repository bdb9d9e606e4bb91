using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using IstioAdmin.Core.Pke;

namespace IstioAdmin.Completion;

/// <summary>Completes instance types of the region that -Zone lies in, or of the first region there is.</summary>
public sealed class InstanceTypeCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Suggestions.For(wordToComplete, Suggestions.Within(async cancel =>
        {
            PipelineConnection pipeline = Suggestions.Pipeline(fakeBoundParameters);
            (string cloud, string? region) = await Suggestions.RegionAsync(pipeline, fakeBoundParameters, cancel);
            IReadOnlyList<string>? types = region is null ? null : await CloudInfo.InstanceTypesAsync(pipeline, cloud, region, reporter: null, cancel);
            return (IReadOnlyList<(string, string)>)[.. (types ?? []).Select(type => (type, $"Instance type in {region}"))];
        }));
}
