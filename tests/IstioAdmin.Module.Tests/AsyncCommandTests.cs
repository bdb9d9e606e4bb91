using System.Management.Automation;
using IstioAdmin.Testing;

namespace IstioAdmin.Module.Tests;

/// <summary>What the base of all cmdlets promises, tried with a cmdlet that does whatever a test tells it to.</summary>
public sealed class AsyncCommandTests : IDisposable
{
    private readonly ModuleRunspace _shell = OpenWithProbe();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static TimeSpan Patience => TimeSpan.FromSeconds(60);

    public void Dispose() => _shell.Dispose();

    [Fact]
    public void Work_is_back_on_the_pipeline_thread_after_every_wait()
    {
        ScriptResult result = Probe(async (probe, cancel) =>
        {
            int thread = Environment.CurrentManagedThreadId;
            for (int i = 0; i < 100; i++)
            {
                await Task.Delay(1, cancel);
                await Task.Run(() => { }, cancel);
                probe.WriteObject(Environment.CurrentManagedThreadId == thread);
            }
        });
        Assert.Equal(100, result.ThrowIfFailed().Output.Count(o => o.BaseObject is true));
    }

    [Fact]
    public void Many_threads_may_write_at_once()
    {
        ScriptResult result = Probe((probe, cancel) => Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(() =>
        {
            for (int i = 0; i < 500; i++)
                probe.WriteObject(writer * 1000 + i);
            probe.WriteWarning($"writer {writer}");
            probe.WriteVerbose($"writer {writer}");
            probe.WriteProgress(new ProgressRecord(writer, "writing", "done"));
        }, cancel))));
        result.ThrowIfFailed();
        Assert.Equal(4000, result.Output.Select(o => (int)o.BaseObject).Distinct().Count());
        Assert.Equal(8, result.Warnings.Count);
        Assert.Equal(8, result.Verbose.Count);
        Assert.Equal(8, result.Progress.Count);
        Assert.All(result.Output.Select(o => (int)o.BaseObject).GroupBy(n => n / 1000), writer => Assert.Equal(writer.Order(), writer));
    }

    [Fact]
    public async Task A_command_that_showed_progress_takes_it_away_and_ends()
    {
        ScriptResult result = await Task.Run(
            () => Probe(async (probe, cancel) =>
            {
                probe.Report("Waiting", "1 of 2");
                await Task.Delay(1, cancel);
            }),
            Cancel).WaitAsync(Patience, Cancel);
        Assert.Equal([ProgressRecordType.Processing, ProgressRecordType.Completed], result.ThrowIfFailed().Progress.Select(p => p.RecordType));
    }

    [Fact]
    public void A_writer_on_another_thread_is_never_ahead_of_the_pipeline()
    {
        int written = 0;
        int ahead = 0;
        ScriptResult result = Probe((probe, cancel) => Task.Run(() =>
        {
            for (int i = 0; i < 200; i++)
            {
                probe.WriteObject(i);
                Interlocked.Increment(ref written);
            }
        }, cancel), seen: value => ahead = Math.Max(ahead, Volatile.Read(ref written) - value));
        result.ThrowIfFailed();
        Assert.Equal(200, result.Output.Count);
        Assert.True(ahead <= 0, $"{ahead} objects were waiting");
    }

    [Fact]
    public void Questions_may_be_asked_from_another_thread()
    {
        ScriptResult result = Probe(async (probe, cancel) =>
        {
            bool go = await Task.Run(() => probe.ShouldProcess("the mesh", "change"), cancel);
            probe.WriteObject(go);
        }, parameters: "-WhatIf");
        Assert.Equal(false, result.ThrowIfFailed().Output.Single().BaseObject);
    }

    [Fact]
    public void A_failure_of_one_object_lets_the_next_one_come()
    {
        ScriptResult result = _shell.Run("1..3 | Invoke-Probe -Work $args[0]", Work(async (probe, cancel) =>
        {
            await Task.Yield();
            if (probe.InputObject == 2)
                throw new InvalidOperationException("two is bad");
            probe.WriteObject(probe.InputObject);
        }));
        Assert.Null(result.Terminating);
        Assert.Equal([1, 3], result.Output.Select(o => o.BaseObject));
        ErrorRecord error = Assert.Single(result.Errors);
        Assert.StartsWith("Unexpected,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("System.InvalidOperationException: two is bad", error.ToString(), StringComparison.Ordinal);
        Assert.NotEmpty(error.ErrorDetails.RecommendedAction);
    }

    [Fact]
    public void A_failure_at_the_end_ends_the_command()
    {
        ScriptResult result = _shell.Run("Invoke-Probe -AtEnd $args[0]", Work((_, _) => throw new TimeoutException()));
        Assert.StartsWith("TimedOut,", result.TerminatingError!.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(ErrorCategory.OperationTimeout, result.TerminatingError.CategoryInfo.Category);
    }

    [Fact]
    public async Task Work_that_ignores_the_stop_is_left_to_itself()
    {
        var started = new TaskCompletionSource();
        var never = new TaskCompletionSource();
        using PowerShell shell = _shell.Script("Invoke-Probe -Work $args[0]", Work((_, _) =>
        {
            started.SetResult();
            return never.Task;
        }));
        Task running = shell.InvokeAsync();
        await started.Task.WaitAsync(Patience, Cancel);
        await Task.Run(shell.Stop, Cancel).WaitAsync(Patience, Cancel);
        await Assert.ThrowsAsync<PipelineStoppedException>(() => running);
        never.SetResult();
    }

    [Fact]
    public async Task Work_that_was_left_to_itself_may_still_clean_up()
    {
        var started = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        var cleaned = new TaskCompletionSource<Exception?>();
        using PowerShell shell = _shell.Script("Invoke-Probe -Work $args[0]", Work(async (probe, _) =>
        {
            started.SetResult();
            await release.Task;
            cleaned.SetResult(Record.Exception(() => probe.WriteObject("too late")));
        }));
        Task running = shell.InvokeAsync();
        await started.Task.WaitAsync(Patience, Cancel);
        await Task.Run(shell.Stop, Cancel).WaitAsync(Patience, Cancel);
        await Assert.ThrowsAsync<PipelineStoppedException>(() => running);
        release.SetResult();
        Assert.IsType<OperationCanceledException>(await cleaned.Task.WaitAsync(Patience, Cancel), exactMatch: false);
    }

    [Fact]
    public async Task A_script_further_down_may_block_on_a_task_of_its_own()
    {
        using PowerShell shell = _shell.Script("Invoke-Probe -Work $args[0] | ForEach-Object { [IstioAdmin.Module.Tests.AsyncCommandTests]::BlockOnTask() }",
            Work(async (probe, cancel) =>
            {
                await Task.Delay(1, cancel);
                probe.WriteObject(1);
            }));
        PSDataCollection<PSObject> output = await shell.InvokeAsync().WaitAsync(Patience, Cancel);
        Assert.Equal("done", output.Single().BaseObject);
    }

    [Fact]
    public void An_error_action_of_stop_ends_the_work_with_that_error()
    {
        bool wentOn = false;
        ScriptResult result = Probe(async (probe, cancel) =>
        {
            await Task.Yield();
            try
            {
                probe.WriteError(new ErrorRecord(new InvalidOperationException("bad"), "Bad", ErrorCategory.InvalidData, "it"));
            }
            catch (RuntimeException)
            {
                // Work that catches what it should not does not hide that the pipeline is over.
            }
            wentOn = cancel.IsCancellationRequested;
        }, parameters: "-ErrorAction Stop");
        Assert.True(wentOn);
        Assert.StartsWith("Bad,", result.TerminatingError!.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    public static string BlockOnTask()
    {
        return Inner().GetAwaiter().GetResult();

        // Resumes on the synchronization context, as careless libraries do.
        static async Task<string> Inner()
        {
            await Task.Delay(20);
            return "done";
        }
    }

    private ScriptResult Probe(Func<InvokeProbeCommand, CancellationToken, Task> work, Action<int>? seen = null, string parameters = "") =>
        _shell.Run($"$seen = $args[1]; Invoke-Probe -Verbose -Work $args[0] {parameters} | ForEach-Object {{ if ($seen) {{ $seen.Invoke($_) }}; $_ }}", Work(work), seen);

    private static Func<InvokeProbeCommand, CancellationToken, Task> Work(Func<InvokeProbeCommand, CancellationToken, Task> work) => work;

    private static ModuleRunspace OpenWithProbe()
    {
        ModuleRunspace shell = ModuleRunspace.Open();
        shell.Run("Import-Module -Assembly $args[0]", typeof(InvokeProbeCommand).Assembly).ThrowIfFailed();
        return shell;
    }
}
