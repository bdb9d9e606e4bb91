using System.Management.Automation;
using RadLine;
using Spectre.Console;

namespace IstioAdmin.Console.Editing;

/// <summary>A line editor for a terminal: history with the arrows, completion with Tab, further lines where a command needs them.</summary>
/// <param name="complete">PowerShell's completion of a text at a position.</param>
/// <param name="history">What was typed before.</param>
/// <param name="terminal">Where it is shown; null for the process's own.</param>
/// <param name="keys">Where the keys come from; null for the process's own.</param>
internal sealed class EditingLineReader(Func<string, int, CommandCompletion> complete, CommandHistory history, IAnsiConsole? terminal = null, IInputSource? keys = null) : ILineReader
{
    private readonly Lock _gate = new();
    private CancellationTokenSource? _typing;

    /// <inheritdoc/>
    public string? Read()
    {
        using var typing = new CancellationTokenSource();
        Set(typing);
        try
        {
            return Read(typing.Token);
        }
        finally
        {
            Set(null);
        }
    }

    /// <inheritdoc/>
    public void Interrupt()
    {
        lock (_gate)
            _typing?.Cancel();
    }

    private void Set(CancellationTokenSource? typing)
    {
        lock (_gate)
            _typing = typing;
    }

    private string? Read(CancellationToken cancel)
    {
        string? text = ReadLine("", history.Commands, cancel);
        while (!string.IsNullOrEmpty(text) && CommandText.IsIncomplete(text))
        {
            string before = text + "\n";
            text = ReadLine(before, [], cancel) switch { null => null, "" when cancel.IsCancellationRequested => "", { } line => before + line };
        }
        if (!string.IsNullOrWhiteSpace(text))
            history.Add(text);
        return text;
    }

    /// <returns>Null when the input was ended with Ctrl+D; empty when the line was given up.</returns>
    private string? ReadLine(string before, IReadOnlyList<string> commands, CancellationToken cancel)
    {
        bool first = before.Length == 0, ended = false;
        var editor = new LineEditor(terminal, keys)
        {
            Prompt = new LineEditorPrompt(first ? $"[yellow]{CommandText.Prompt.TrimEnd()}[/]" : CommandText.Continuation.TrimEnd(), CommandText.Continuation.TrimEnd()),
        };
        var completion = new Completion((text, position) => complete(before + text, before.Length + position), before.Length);
        KeyBindings bindings = editor.KeyBindings;
        bindings.Add(ConsoleKey.Tab, () => new CompletionCommand(completion, forward: true));
        bindings.Add(ConsoleKey.Tab, ConsoleModifiers.Shift, () => new CompletionCommand(completion, forward: false));
        // What was typed ahead came as a line feed: the terminal was not the editor's yet.
        bindings.Add<SubmitCommand>(ConsoleKey.Enter, ConsoleModifiers.Control);
        bindings.Add<SubmitCommand>(ConsoleKey.J, ConsoleModifiers.Control);
        bindings.Add<PreviousHistoryCommand>(ConsoleKey.UpArrow);
        bindings.Add<NextHistoryCommand>(ConsoleKey.DownArrow);
        bindings.Add(ConsoleKey.D, ConsoleModifiers.Control, () => new EndCommand(() => ended = true));
        foreach (string command in commands)
            editor.History.Add(command);
        try
        {
            string? text = editor.ReadLine(cancel).GetAwaiter().GetResult();
            return ended ? null : text ?? "";
        }
        catch (OperationCanceledException)
        {
            // Ctrl+C: what was typed stays to be seen, and a new line begins.
            (terminal ?? AnsiConsole.Console).WriteLine();
            return "";
        }
    }
}
