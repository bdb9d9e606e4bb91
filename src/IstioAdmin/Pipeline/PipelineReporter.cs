using System.Management.Automation;
using IstioAdmin.Commands;
using IstioAdmin.Core;

namespace IstioAdmin.Pipeline;

/// <summary>
/// Brings what operations report to the pipeline: warnings, verbose lines and progress. Operations report from any thread and are
/// never held up by it, not even by a pipeline that is busy further down.
/// </summary>
internal sealed class PipelineReporter : IReporter
{
    /// <summary>Verbose lines that may wait for the pipeline thread; the rest are counted. Warnings are few and always kept.</summary>
    private const int WaitingDetails = 1000;

    /// <summary>Progress need not be redrawn more often than people can read.</summary>
    private const int ProgressInterval = 100;

    private readonly AsyncCommand _command;
    private readonly object _gate = new();
    private readonly Dictionary<string, int> _progress = new(StringComparer.Ordinal);
    private int _waiting;
    private int _dropped;
    private long _lastProgress;

    public PipelineReporter(AsyncCommand command) => _command = command;

    /// <inheritdoc/>
    public void Warn(string message) => _command.Notify(() => _command.WriteWarning(message));

    /// <inheritdoc/>
    public void Detail(string message)
    {
        if (Interlocked.Increment(ref _waiting) > WaitingDetails)
        {
            Interlocked.Decrement(ref _waiting);
            Interlocked.Increment(ref _dropped);
            return;
        }
        _command.Notify(() =>
        {
            Interlocked.Decrement(ref _waiting);
            _command.WriteVerbose(message);
            if (Interlocked.Exchange(ref _dropped, 0) is > 0 and int dropped)
                _command.WriteVerbose($"({dropped} more lines came faster than they could be shown)");
        });
    }

    /// <inheritdoc/>
    public void Progress(string activity, string status, int? percent = null)
    {
        int id;
        lock (_gate)
        {
            long now = Environment.TickCount64;
            if (_progress.TryGetValue(activity, out id))
            {
                if (now - _lastProgress < ProgressInterval)
                    return;
            }
            else
            {
                _progress[activity] = id = _progress.Count + 1;
            }
            _lastProgress = now;
        }
        // PowerShell refuses an empty status.
        var record = new ProgressRecord(id, activity, status.Length == 0 ? activity : status) { PercentComplete = percent ?? -1 };
        _command.Notify(() => _command.WriteProgress(record));
    }

    /// <summary>Takes every progress bar away; called on the pipeline thread when the work is done.</summary>
    public void CompleteProgress()
    {
        KeyValuePair<string, int>[] shown;
        lock (_gate)
        {
            shown = [.. _progress];
            _progress.Clear();
        }
        foreach ((string activity, int id) in shown)
            _command.WriteProgressAfterWork(new ProgressRecord(id, activity, "Done") { RecordType = ProgressRecordType.Completed });
    }
}
