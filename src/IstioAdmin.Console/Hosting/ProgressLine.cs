using System.Management.Automation;
using Spectre.Console;

namespace IstioAdmin.Console.Hosting;

/// <summary>Progress as one line at the bottom of a terminal, with a bar where a percentage is known; on anything else there is none.</summary>
/// <param name="terminal">Where it is drawn: what shows standard error.</param>
/// <param name="redraws">Whether a line can be drawn over there.</param>
internal sealed class ProgressLine(IAnsiConsole terminal, bool redraws)
{
    private const int BarWidth = 20;

    private readonly List<ProgressRecord> _running = [];
    private int _shown;

    /// <summary>The line for the process's own standard error.</summary>
    public static ProgressLine OnStandardError() =>
        new(AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(System.Console.Error) }), Terminal.Redraws);

    /// <summary>Shows what is going on now.</summary>
    public void Show(ProgressRecord record)
    {
        if (!redraws)
            return;
        _running.RemoveAll(other => other.ActivityId == record.ActivityId);
        if (record.RecordType == ProgressRecordType.Processing)
            _running.Add(record);
        Clear();
        // The innermost activity tells most; when it ends, the one around it goes on.
        if (_running.Count > 0)
            Draw(_running[^1]);
    }

    /// <summary>Takes the line away, so that something else can be written.</summary>
    public void Clear()
    {
        if (_shown == 0)
            return;
        terminal.Write(new ControlCode($"\r{new string(' ', _shown)}\r"));
        _shown = 0;
    }

    /// <summary>Forgets everything: the command has ended.</summary>
    public void End()
    {
        Clear();
        _running.Clear();
    }

    private void Draw(ProgressRecord record)
    {
        bool known = record.PercentComplete is >= 0 and <= 100;
        string percent = known ? $" {record.PercentComplete,3}%" : "";
        // A line that wraps cannot be drawn over.
        int room = terminal.Profile.Width - 1 - (known ? BarWidth + 1 + percent.Length : 0);
        string text = $"{record.Activity}: {record.StatusDescription}".ReplaceLineEndings(" ");
        text = text.Length <= room ? text : text[..Math.Max(0, room)];
        var line = new Paragraph(text, new Style(Color.Yellow));
        if (known)
        {
            int done = BarWidth * record.PercentComplete / 100;
            line.Append(" " + new string('━', done), new Style(Color.Green)).Append(new string('━', BarWidth - done), new Style(Color.Grey)).Append(percent);
        }
        terminal.Write(line);
        _shown = text.Length + (known ? 1 + BarWidth + percent.Length : 0);
    }
}
