using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using IstioAdmin.Core.Kube.Connecting;

namespace IstioAdmin.Completion;

/// <summary>Completes the contexts of the kubeconfig that is given with -Kubeconfig, or else of the default one.</summary>
public sealed class ContextCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string[] files = [.. Suggestions.Given(fakeBoundParameters, "Kubeconfig").Select(path => FilePath(path.ToString()!))];
        return Suggestions.For(wordToComplete, Suggestions.Within(async cancel =>
        {
            Kubeconfig kubeconfig = await Kubeconfig.LoadAsync(files, cancel);
            return (IReadOnlyList<(string, string)>)[.. kubeconfig.ContextNames.Select(name => (name, name == kubeconfig.CurrentContext ? $"{name} (current)" : name))];
        }));
    }

    /// <summary>A path as the session means it, with its location and its ~. Completers are not given the session; a script block has it.</summary>
    private static string FilePath(string path) =>
        ScriptBlock.Create("$ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($args[0])").Invoke(path)[0].ToString();
}
