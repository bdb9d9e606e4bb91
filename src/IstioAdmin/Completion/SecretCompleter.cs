using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using IstioAdmin.Core.Pke;

namespace IstioAdmin.Completion;

/// <summary>Completes the names of an organization's secrets for the cloud that is given with -Cloud.</summary>
public sealed class SecretCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Suggestions.For(wordToComplete, Suggestions.Within(async cancel =>
        {
            string cloud = Suggestions.Given(fakeBoundParameters, "Cloud").FirstOrDefault()?.ToString() ?? "amazon";
            IReadOnlyList<PipelineSecret> secrets = await PkeSecrets.ListAsync(Suggestions.Pipeline(fakeBoundParameters), cancel);
            return (IReadOnlyList<(string, string)>)
                [.. secrets.Where(secret => string.Equals(secret.Type, cloud, StringComparison.OrdinalIgnoreCase)).Select(secret => (secret.Name, $"Secret for {secret.Type}"))];
        }));
}
