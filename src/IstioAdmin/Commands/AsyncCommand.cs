using System.Management.Automation;
using System.Runtime.ExceptionServices;
using IstioAdmin.Core;
using IstioAdmin.Pipeline;

namespace IstioAdmin.Commands;

/// <summary>
/// The base of every cmdlet: its work is asynchronous, can be cancelled, and may write from wherever it is.
/// Code after an <c>await</c> is on the pipeline thread again; what other threads write is brought there.
/// </summary>
/// <remarks>
/// <para>Failures: what leaves <see cref="BeginAsync"/> or <see cref="EndAsync"/> ends the command; what leaves <see cref="ProcessAsync"/>
/// concerns one input object and lets the next one come, unless <see cref="IsTerminating"/> says otherwise.</para>
/// <para>A public cmdlet class must not have a field whose type is an enum or struct from Core, nor a constructor with parameters:
/// PowerShell would load Core to look at the class while the module is still being imported. Methods, properties and references are fine.</para>
/// </remarks>
public abstract class AsyncCommand : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly PipelinePump _pump = new();
    private PipelineReporter? _reporter;
    private ExceptionDispatchInfo? _pipelineFailure;

    /// <summary>Where operations tell what they do: warnings, verbose lines, progress.</summary>
    protected IReporter Reporter => _reporter ??= new PipelineReporter(this);

    /// <summary>The work before the first input object.</summary>
    protected virtual Task BeginAsync(CancellationToken cancel) => Task.CompletedTask;

    /// <summary>The work for one input object, or for the command line when there is no input.</summary>
    protected virtual Task ProcessAsync(CancellationToken cancel) => Task.CompletedTask;

    /// <summary>The work after the last input object.</summary>
    protected virtual Task EndAsync(CancellationToken cancel) => Task.CompletedTask;

    /// <summary>Whether a failure of <see cref="ProcessAsync"/> ends the command.</summary>
    protected virtual bool IsTerminating(Exception failure) => false;

    /// <inheritdoc/>
    protected sealed override void BeginProcessing() => Run(BeginAsync, static _ => true);

    /// <inheritdoc/>
    protected sealed override void ProcessRecord() => Run(ProcessAsync, IsTerminating);

    /// <inheritdoc/>
    protected sealed override void EndProcessing() => Run(EndAsync, static _ => true);

    /// <summary>Asks the work to stop; PowerShell calls this on a thread of its own, while the pipeline thread waits in the pump.</summary>
    protected sealed override void StopProcessing() => Cancel();

    /// <summary>Whether some object has failed.</summary>
    protected bool HasFailed { get; private set; }

    /// <summary>Whether the command was only asked what it would do: by its own -WhatIf, or by the session's preference.</summary>
    protected bool IsWhatIf => MyInvocation.BoundParameters.TryGetValue("WhatIf", out object? given)
        ? LanguagePrimitives.IsTrue(given)
        : LanguagePrimitives.IsTrue(SessionState.PSVariable.GetValue("WhatIfPreference"));

    /// <summary>Reports that one object failed; the command goes on with the next.</summary>
    protected void WriteFailure(Exception failure, object? target)
    {
        HasFailed = true;
        WriteError(Failure.ToErrorRecord(failure, target));
    }

    /// <inheritdoc cref="Cmdlet.WriteObject(object)"/>
    public new void WriteObject(object? sendToPipeline) => OnPipeline(() => base.WriteObject(sendToPipeline));

    /// <inheritdoc cref="Cmdlet.WriteObject(object, bool)"/>
    public new void WriteObject(object? sendToPipeline, bool enumerateCollection) => OnPipeline(() => base.WriteObject(sendToPipeline, enumerateCollection));

    /// <inheritdoc cref="Cmdlet.WriteError"/>
    public new void WriteError(ErrorRecord errorRecord) => OnPipeline(() => base.WriteError(errorRecord));

    /// <inheritdoc cref="Cmdlet.WriteWarning"/>
    public new void WriteWarning(string text) => OnPipeline(() => base.WriteWarning(text));

    /// <inheritdoc cref="Cmdlet.WriteVerbose"/>
    public new void WriteVerbose(string text) => OnPipeline(() => base.WriteVerbose(text));

    /// <inheritdoc cref="Cmdlet.WriteDebug"/>
    public new void WriteDebug(string text) => OnPipeline(() => base.WriteDebug(text));

    /// <inheritdoc cref="Cmdlet.WriteProgress(ProgressRecord)"/>
    public new void WriteProgress(ProgressRecord progressRecord) => OnPipeline(() => base.WriteProgress(progressRecord));

    /// <inheritdoc cref="Cmdlet.ShouldProcess(string, string)"/>
    public new bool ShouldProcess(string target, string action) => OnPipeline(() => base.ShouldProcess(target, action));

    /// <inheritdoc cref="Cmdlet.ShouldContinue(string, string)"/>
    public new bool ShouldContinue(string query, string caption) => OnPipeline(() => base.ShouldContinue(query, caption));

    /// <inheritdoc cref="Cmdlet.ThrowTerminatingError"/>
    public new void ThrowTerminatingError(ErrorRecord errorRecord) => OnPipeline(() => base.ThrowTerminatingError(errorRecord));

    /// <summary>Writes progress from the pipeline thread when the work is done: nobody pumps any more who could bring it there.</summary>
    internal void WriteProgressAfterWork(ProgressRecord record) => base.WriteProgress(record);

    /// <summary>Makes a call on the pipeline thread when that is free, without waiting for it.</summary>
    internal void Notify(Action call) => _pump.Notify(call);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases what the command holds; work that still runs is asked to stop.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        Cancel();
        _pump.Close();
        _stop.Dispose();
    }

    private void Run(Func<CancellationToken, Task> phase, Func<Exception, bool> isTerminating)
    {
        Exception? failure = null;
        try
        {
            _pump.Run(() => phase(_stop.Token), _stop.Token);
        }
#pragma warning disable CA1031 // The one place where every failure becomes an error record.
        catch (Exception e)
#pragma warning restore CA1031
        {
            failure = e;
        }
        // PowerShell's own exceptions end the pipeline in ways that only it knows; they pass unchanged, whatever the work made of them.
        _pipelineFailure?.Throw();
        if (_stop.IsCancellationRequested)
            throw new PipelineStoppedException();
        _reporter?.CompleteProgress();
        if (failure is null)
            return;
        ErrorRecord record = Failure.ToErrorRecord(failure, target: null);
        if (isTerminating(failure))
            base.ThrowTerminatingError(record);
        base.WriteError(record);
    }

    private void OnPipeline(Action call) => OnPipeline<object?>(() =>
    {
        call();
        return null;
    });

    private T OnPipeline<T>(Func<T> call) => _pump.Invoke(() =>
    {
        try
        {
            return _pump.CallOut(call);
        }
        catch (Exception e)
        {
            // The pipeline is over: a command below has enough or failed, or an error action says stop.
            _pipelineFailure ??= ExceptionDispatchInfo.Capture(e);
            Cancel();
            throw;
        }
    });

    private void Cancel()
    {
        try
        {
            // Not on this thread: a callback that takes its time must not hold up whoever stops the pipeline.
            _ = _stop.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // The command ended in the same moment.
        }
    }
}
