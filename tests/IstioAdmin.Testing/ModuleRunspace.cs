using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace IstioAdmin.Testing;

/// <summary>
/// A runspace with the built module imported, as a user's shell would have it. It has only the engine's own commands:
/// no Select-Object, no Out-String.
/// </summary>
public sealed class ModuleRunspace : IDisposable
{
    private readonly Runspace _runspace;

    private ModuleRunspace(Runspace runspace) => _runspace = runspace;

    /// <summary>Folder of the built module: the newest version in the repository's <c>out/IstioAdmin</c>.</summary>
    public static string ModuleFolder { get; } = FindModule();

    /// <summary>The built module's manifest.</summary>
    public static string Manifest => Path.Combine(ModuleFolder, "IstioAdmin.psd1");

    /// <summary>Opens a runspace and imports the module.</summary>
    public static ModuleRunspace Open()
    {
        Runspace runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
        runspace.Open();
        var opened = new ModuleRunspace(runspace);
        opened.Run($"Import-Module '{Manifest}' -ErrorAction Stop").ThrowIfFailed();
        return opened;
    }

    /// <summary>A pipeline of this runspace, for tests that start and stop it themselves.</summary>
    public PowerShell Script(string script, params object?[] arguments)
    {
        var shell = PowerShell.Create(_runspace);
        shell.AddScript(script);
        foreach (object? argument in arguments)
            shell.AddArgument(argument);
        return shell;
    }

    /// <summary>Runs a script to its end; <paramref name="arguments"/> are its <c>$args</c>. An error that ends a command ends the script, too.</summary>
    public ScriptResult Run(string script, params object?[] arguments)
    {
        using PowerShell shell = Script($"trap {{ break }}; {script}", arguments);
        var output = new Collection<PSObject>();
        RuntimeException? terminating = null;
        try
        {
            shell.Invoke(null, output);
        }
        catch (RuntimeException e)
        {
            terminating = e;
        }
        return new ScriptResult(output, [.. shell.Streams.Error], [.. shell.Streams.Warning.Select(w => w.Message)], [.. shell.Streams.Verbose.Select(v => v.Message)],
            [.. shell.Streams.Progress], terminating);
    }

    /// <summary>What the Tab key offers at the end of <paramref name="line"/>.</summary>
    public IReadOnlyList<string> Complete(string line)
    {
        using var shell = PowerShell.Create(_runspace);
        Collection<CompletionResult> matches = CommandCompletion.CompleteInput(line, line.Length, null, shell).CompletionMatches;
        return [.. matches.Select(m => m.CompletionText)];
    }

    public void Dispose() => _runspace.Dispose();

    private static string FindModule()
    {
        for (DirectoryInfo? place = new(AppContext.BaseDirectory); place is not null; place = place.Parent)
        {
            var versions = new DirectoryInfo(Path.Combine(place.FullName, "out", "IstioAdmin"));
            if (versions.Exists)
                return versions.EnumerateDirectories().Where(d => Version.TryParse(d.Name, out _)).MaxBy(d => Version.Parse(d.Name))!.FullName;
        }
        throw new DirectoryNotFoundException($"No built module on the way up from {AppContext.BaseDirectory}.");
    }
}

/// <summary>What a script left behind.</summary>
public sealed record ScriptResult(
    IReadOnlyList<PSObject> Output,
    IReadOnlyList<ErrorRecord> Errors,
    IReadOnlyList<string> Warnings,
    IReadOnlyList<string> Verbose,
    IReadOnlyList<ProgressRecord> Progress,
    RuntimeException? Terminating)
{
    /// <summary>The record of the error that ended the script.</summary>
    public ErrorRecord? TerminatingError => Terminating?.ErrorRecord;

    /// <summary>Turns any error into a failure of the test.</summary>
    public ScriptResult ThrowIfFailed()
    {
        if (Terminating is not null)
            throw new InvalidOperationException($"{Terminating.ErrorRecord.FullyQualifiedErrorId}: {Terminating.Message}", Terminating);
        if (Errors.Count > 0)
            throw new InvalidOperationException($"{Errors[0].FullyQualifiedErrorId}: {Errors[0]}", Errors[0].Exception);
        return this;
    }
}
