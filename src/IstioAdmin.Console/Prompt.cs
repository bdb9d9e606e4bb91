using System.Management.Automation;
using IstioAdmin.Console.Editing;
using IstioAdmin.Console.Hosting;

namespace IstioAdmin.Console;

/// <summary>The loop that reads a command and runs it.</summary>
internal sealed class Prompt(ShellSession session)
{
    private readonly ILineReader _reader = Terminal.Edits
        ? new EditingLineReader(session.Complete, new CommandHistory(CommandHistory.UserFile))
        : new PlainLineReader();

    /// <summary>Gives up the line that is being typed.</summary>
    public void Interrupt() => _reader.Interrupt();

    /// <returns>The exit code: the one that <c>exit</c> was given, or 0 at the end of the input.</returns>
    public int Loop(bool noLogo)
    {
        if (!noLogo)
            System.Console.WriteLine($"IstioAdmin console on the PowerShell engine {PSVersionInfo.PSVersion} alone. It is not pwsh, which is recommended: -Help says what is missing. 'exit' leaves.");
        while (_reader.Read() is { } command)
        {
            if (string.IsNullOrWhiteSpace(command))
                continue;
            session.RunCommand(command);
            if (session.RequestedExit is { } code)
                return code;
        }
        return ExitCode.Success;
    }
}
