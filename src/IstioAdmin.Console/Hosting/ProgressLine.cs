using System.Management.Automation;

namespace IstioAdmin.Console.Hosting;

/// <summary>Progress as one line at the bottom of a terminal; on anything else there is none.</summary>
internal sealed class ProgressLine
{
    private int _shown;

    public void Show(ProgressRecord record)
    {
        if (!Terminal.Redraws)
            return;
        if (record.RecordType == ProgressRecordType.Completed)
        {
            Clear();
            return;
        }
        string percent = record.PercentComplete >= 0 ? $" {record.PercentComplete}%" : "";
        string line = $"{record.Activity}: {record.StatusDescription}{percent}";
        // A line that wraps cannot be drawn over.
        line = line.Length < Terminal.Width ? line : line[..(Terminal.Width - 1)];
        System.Console.Error.Write($"\r{line.PadRight(_shown)}");
        _shown = line.Length;
    }

    public void Clear()
    {
        if (_shown == 0)
            return;
        System.Console.Error.Write($"\r{new string(' ', _shown)}\r");
        _shown = 0;
    }
}
