using System.Management.Automation.Language;

namespace IstioAdmin.Console.Editing;

/// <summary>What the prompt and PowerShell's parser agree on.</summary>
internal static class CommandText
{
    /// <summary>Before a command.</summary>
    public const string Prompt = "IstioAdmin> ";

    /// <summary>Before each further line of a command.</summary>
    public const string Continuation = ">> ";

    /// <summary>Whether a command goes on in the next line, as an open brace or a pipe at the end say.</summary>
    public static bool IsIncomplete(string text)
    {
        Parser.ParseInput(text, out _, out ParseError[] errors);
        return Array.Exists(errors, error => error.IncompleteInput);
    }
}
