using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using System.Text;
using System.Text.RegularExpressions;
using IstioAdmin.Console.Commands;
using IstioAdmin.Console.Hosting;
using Microsoft.PowerShell;

namespace IstioAdmin.Console;

/// <summary>One runspace, and how scripts run in it: output and errors go through PowerShell's own formatting to the host.</summary>
internal sealed partial class ShellSession : IDisposable
{
    private readonly ConsoleHost _host = new();
    private readonly Runspace _runspace;
    private readonly Lock _gate = new();
    private PowerShell? _running;
    private bool _interrupted;
    private bool _explained;

    public ShellSession()
    {
        var state = InitialSessionState.CreateDefault2();
        WriteCommands.AddTo(state);
        if (OperatingSystem.IsWindows())
            state.ExecutionPolicy = ExecutionPolicy.RemoteSigned;
        if (!Terminal.Colors)
            PSStyle.Instance.OutputRendering = OutputRendering.PlainText;
        _runspace = RunspaceFactory.CreateRunspace(_host, state);
        _runspace.Open();
        Runspace.DefaultRunspace = _runspace;
    }

    /// <summary>The exit code that a script asked for with <c>exit</c>.</summary>
    public int? RequestedExit => _host.RequestedExit;

    /// <exception cref="RuntimeException">The module cannot be imported.</exception>
    public void ImportModule(string manifest)
    {
        using var shell = PowerShell.Create(_runspace);
        shell.AddCommand("Import-Module").AddParameter("Name", manifest).AddParameter("ErrorAction", ActionPreference.Stop).Invoke();
    }

    /// <summary>Runs a script file; its arguments are read as on a command line, so <c>-Name value</c> names a parameter.</summary>
    public int RunFile(string path, IReadOnlyList<string> arguments)
    {
        string full = Path.GetFullPath(path);
        if (!File.Exists(full))
        {
            _host.UI.WriteErrorLine($"There is no script '{full}'.");
            return ExitCode.Usage;
        }
        var call = new StringBuilder("& ").Append(Quote(full));
        foreach (string argument in arguments)
            call.Append(' ').Append(ParameterName().IsMatch(argument) ? argument : Quote(argument));
        return Run(call.ToString(), exitCodeOfScript: true);
    }

    /// <summary>Runs text; a last command that fails makes the exit code 1.</summary>
    public int RunCommand(string text) => Run(text, exitCodeOfScript: false);

    /// <summary>Stops what is running.</summary>
    /// <returns>Whether something was.</returns>
    public bool Stop()
    {
        lock (_gate)
        {
            if (_running is null)
                return false;
            _interrupted = true;
            _running.BeginStop(null, null);
            return true;
        }
    }

    /// <summary>PowerShell's proposals for a text at a position, as TabExpansion2 gives them.</summary>
    public CommandCompletion Complete(string text, int position)
    {
        using var shell = PowerShell.Create(_runspace);
        return CommandCompletion.CompleteInput(text, position, null, shell);
    }

    public void Dispose() => _runspace.Dispose();

    private int Run(string script, bool exitCodeOfScript)
    {
        using var shell = PowerShell.Create(_runspace);
        shell.AddScript(script + CommandOutcome.Report).AddCommand("Out-Default");
        shell.Commands.Commands[0].MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);
        lock (_gate)
        {
            _running = shell;
            _interrupted = false;
        }
        _host.Outcome.Reset();
        bool failed = false;
        try
        {
            shell.Invoke();
        }
        catch (PipelineStoppedException)
        {
            failed = true;
        }
        catch (RuntimeException e)
        {
            failed = true;
            Show(e.ErrorRecord);
        }
        finally
        {
            lock (_gate)
                _running = null;
            _host.EndProgress();
        }
        ExplainMissingCommands();
        if (_interrupted)
            return ExitCode.Interrupted;
        if (_host.RequestedExit is { } asked)
            return asked;
        if (failed)
            return ExitCode.Failure;
        if (_host.Outcome.Succeeded)
            return ExitCode.Success;
        return exitCodeOfScript && _host.Outcome.LastExitCode is { } code and not 0 ? code : ExitCode.Failure;
    }

    /// <summary>An error that ended a script, in the same form as any other.</summary>
    private void Show(ErrorRecord error)
    {
        using var shell = PowerShell.Create(_runspace);
        shell.AddCommand("Out-Default");
        shell.Invoke(new[] { AsError(error) });
    }

    /// <summary>Says once why a command that everybody knows is not there.</summary>
    private void ExplainMissingCommands()
    {
        if (_explained)
            return;
        using var shell = PowerShell.Create(_runspace);
        _explained = shell.AddScript("foreach ($e in $Error) { if ($e.FullyQualifiedErrorId -like 'CommandNotFoundException*') { $true; break } }").Invoke().Count > 0;
        if (_explained)
            _host.UI.WriteErrorLine("This console has the engine's core commands and the module's; the rest of PowerShell needs pwsh (see -Help).");
    }

    /// <summary>Marks a record as one of the error stream, which is how Out-Default knows where to show it.</summary>
    private static PSObject AsError(ErrorRecord error)
    {
        var shown = new PSObject(error);
        shown.Properties.Add(new PSNoteProperty("writeErrorStream", true));
        return shown;
    }

    private static string Quote(string text) => $"'{CodeGeneration.EscapeSingleQuotedStringContent(text)}'";

    [GeneratedRegex(@"^-[A-Za-z_]\w*:?$")]
    private static partial Regex ParameterName();
}
