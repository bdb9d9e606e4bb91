using System.Management.Automation;
using System.Management.Automation.Language;

namespace IstioAdmin.Console;

/// <summary>The simplest loop that deserves the name: it reads a command, over several lines where it is incomplete, and runs it.</summary>
internal sealed class Prompt(ShellSession session)
{
    public int Loop(bool noLogo)
    {
        if (!noLogo)
            System.Console.WriteLine($"IstioAdmin console on the PowerShell engine {PSVersionInfo.PSVersion} alone. It is not pwsh: -Help says what is missing. 'exit' leaves.");
        while (Read() is { } command)
        {
            session.RunCommand(command);
            if (session.RequestedExit is { } code)
                return code;
        }
        return ExitCode.Success;
    }

    private static string? Read()
    {
        System.Console.Write("IstioAdmin> ");
        string? text = System.Console.ReadLine();
        while (text is not null && IsIncomplete(text))
        {
            System.Console.Write(">> ");
            if (System.Console.ReadLine() is not { } more)
                break;
            text += Environment.NewLine + more;
        }
        return text;
    }

    private static bool IsIncomplete(string text)
    {
        Parser.ParseInput(text, out _, out ParseError[] errors);
        return Array.Exists(errors, e => e.IncompleteInput);
    }
}
