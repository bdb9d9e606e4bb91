namespace IstioAdmin.Console;

/// <summary>The command line, with pwsh's spelling of the options that both have.</summary>
internal sealed record ConsoleArguments
{
    public const string Usage = """
        Usage: IstioAdmin.Console [-NoLogo] [-Module <path>] [-File <script.ps1> [arguments] | -Command <text>]

        A small host around the PowerShell engine, with the IstioAdmin module imported, for machines that have the .NET SDK but no pwsh.
        It has the engine's core commands (Get-Command, Where-Object, ForEach-Object, Import-Module, Get-Help and the like), the module's,
        and Write-Host, Write-Output, Write-Error, Write-Warning and Write-Verbose. Commands from pwsh's own modules (Select-Object, Format-Table,
        Get-ChildItem, ConvertTo-Json) are not there; scripts that need them need pwsh.

          -File <script.ps1>  run a script with the arguments that follow; its exit code becomes the process's
          -Command <text>     run a command; exit code 1 when it fails. "-" reads it from standard input
          -Module <path>      the module to import, instead of the one built next to this program
          -NoLogo             no banner at the prompt
        """;

    public string? File { get; private init; }

    public string? Command { get; private init; }

    public string? Module { get; private init; }

    public bool NoLogo { get; private init; }

    public bool Help { get; private init; }

    /// <summary>Arguments of the script.</summary>
    public IReadOnlyList<string> Rest { get; private init; } = [];

    /// <exception cref="ArgumentException">An option is unknown or lacks its value.</exception>
    public static ConsoleArguments Parse(IReadOnlyList<string> args)
    {
        var parsed = new ConsoleArguments();
        for (int i = 0; i < args.Count; i++)
        {
            string option = args[i];
            switch (option.TrimStart('-').ToUpperInvariant())
            {
                case "FILE" or "F":
                    return parsed with { File = ValueOf(option, args, ++i), Rest = [.. args.Skip(i + 1)] };
                case "COMMAND" or "C":
                    string text = string.Join(' ', args.Skip(i + 1));
                    return text.Length == 0 ? throw Missing(option) : parsed with { Command = text == "-" ? System.Console.In.ReadToEnd() : text };
                case "MODULE":
                    parsed = parsed with { Module = ValueOf(option, args, ++i) };
                    break;
                case "NOLOGO":
                    parsed = parsed with { NoLogo = true };
                    break;
                case "HELP" or "H" or "?":
                    return parsed with { Help = true };
                default:
                    // pwsh takes a first argument without an option for a script, too.
                    return option.StartsWith('-')
                        ? throw new ArgumentException($"Unknown option '{option}'.")
                        : parsed with { File = option, Rest = [.. args.Skip(i + 1)] };
            }
        }
        return parsed;
    }

    private static string ValueOf(string option, IReadOnlyList<string> args, int index) => index < args.Count ? args[index] : throw Missing(option);

    private static ArgumentException Missing(string option) => new($"Option '{option}' needs a value.");
}
