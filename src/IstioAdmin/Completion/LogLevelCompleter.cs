using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace IstioAdmin.Completion;

/// <summary>Completes the log levels of Istio's CNI plugin; others, such as those of one scope, may be typed.</summary>
public sealed class LogLevelCompleter : IArgumentCompleter
{
    private static readonly string[] Levels = ["debug", "info", "warn", "error"];

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Suggestions.For(wordToComplete, Levels.Select(level => (level, $"Log level {level}")));
}
