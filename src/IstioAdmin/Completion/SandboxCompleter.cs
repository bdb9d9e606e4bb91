using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using IstioAdmin.Sandboxes;

namespace IstioAdmin.Completion;

/// <summary>Completes the names of sandboxes that run in this process.</summary>
public sealed class SandboxCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Suggestions.For(wordToComplete, RunningSandboxes.All.Select(sandbox => (sandbox.Name, $"{sandbox.Nodes} nodes at {sandbox.Server}")));
}
