using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;

namespace IstioAdmin.Pipeline;

/// <summary>
/// Runs asynchronous work on the thread that PowerShell lends to a cmdlet. While the work waits, the thread waits here, and runs
/// whatever other threads bring: the continuations of the work itself (this is its synchronization context, so a cmdlet's code
/// is always back on the pipeline thread after an <c>await</c>), and calls that only the pipeline thread may make.
/// </summary>
/// <remarks>
/// Nothing accumulates: a cmdlet that awaits its next object asks for it only after the pipeline has taken the last one, and another
/// thread that calls <see cref="Invoke"/> waits until its call is done.
/// </remarks>
internal sealed class PipelinePump : SynchronizationContext
{
    /// <summary>How long work that was asked to stop may take to do so before it is left to itself. An administrator waits a second at most.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(700);

    private readonly object _gate = new();
    private readonly Queue<WorkItem> _queue = new();
    private SynchronizationContext? _outer;
    private int _thread;
    private long _patienceEnds = long.MaxValue;
    private bool _closed;

    /// <summary>Whether the caller is on the thread that is running the work now.</summary>
    public bool OnPipelineThread => Volatile.Read(ref _thread) == Environment.CurrentManagedThreadId;

    /// <summary>Runs work to its end, and whatever was posted until then.</summary>
    /// <exception cref="PipelineStoppedException">The work was asked to stop and did not in time.</exception>
    public void Run(Func<Task> work, CancellationToken stop)
    {
        _outer = Current;
        Volatile.Write(ref _thread, Environment.CurrentManagedThreadId);
        SetSynchronizationContext(this);
        try
        {
            Task task = work();
            Pump(task, stop);
            task.GetAwaiter().GetResult();
        }
        finally
        {
            SetSynchronizationContext(_outer);
            Volatile.Write(ref _thread, 0);
        }
    }

    /// <summary>
    /// Calls into PowerShell from the pipeline thread. For the time of the call this is not the thread's synchronization context:
    /// commands further down the pipeline may block on tasks of their own, which would wait for us forever.
    /// </summary>
    public T CallOut<T>(Func<T> call)
    {
        SynchronizationContext? current = Current;
        SetSynchronizationContext(_outer);
        try
        {
            return call();
        }
        finally
        {
            SetSynchronizationContext(current);
        }
    }

    /// <summary>Makes a call on the pipeline thread and waits for its result.</summary>
    /// <exception cref="OperationCanceledException">The command ended before the call could be made.</exception>
    public T Invoke<T>(Func<T> call)
    {
        if (OnPipelineThread)
            return call();
        var invocation = new Invocation<T>(call);
        if (!Enqueue(invocation))
            invocation.Abandon();
        return invocation.Result;
    }

    /// <summary>Makes a call on the pipeline thread when that is free, without waiting; dropped when the command has ended.</summary>
    public void Notify(Action call) => Enqueue(new Notification(call));

    /// <summary>A continuation of the work. Once nobody pumps any more it runs on the thread pool: what was begun may still clean up.</summary>
    public override void Post(SendOrPostCallback d, object? state)
    {
        var continuation = new Continuation(d, state);
        if (!Enqueue(continuation))
            continuation.Abandon();
    }

    /// <inheritdoc/>
    public override void Send(SendOrPostCallback d, object? state) => Invoke<object?>(() =>
    {
        d(state);
        return null;
    });

    /// <inheritdoc/>
    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Takes no more calls, and releases everybody who waits for one.</summary>
    public void Close()
    {
        lock (_gate)
            _closed = true;
        while (TryDequeue(out WorkItem? item))
            item.Abandon();
    }

    private void Pump(Task task, CancellationToken stop)
    {
        if (!task.IsCompleted)
        {
            _ = task.ContinueWith(_ => Wake(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            using CancellationTokenRegistration limit = stop.UnsafeRegister(_ => LimitPatience(), null);
            while (WaitForItem(task, out WorkItem? item))
                item.Run();
        }
        while (TryDequeue(out WorkItem? item))
            item.Run();
    }

    /// <summary>Waits for the next item; false when the work is done.</summary>
    private bool WaitForItem(Task task, [NotNullWhen(true)] out WorkItem? item)
    {
        lock (_gate)
        {
            while (!_queue.TryDequeue(out item))
            {
                if (task.IsCompleted)
                    return false;
                long patience = _patienceEnds == long.MaxValue ? Timeout.Infinite : Math.Max(0, _patienceEnds - Environment.TickCount64);
                if (patience == 0)
                    break;
                Monitor.Wait(_gate, (int)patience);
            }
        }
        if (item is not null)
            return true;
        Abandon(task);
        throw new PipelineStoppedException();
    }

    private void LimitPatience()
    {
        lock (_gate)
        {
            _patienceEnds = Environment.TickCount64 + (long)Grace.TotalMilliseconds;
            Monitor.Pulse(_gate);
        }
    }

    private void Abandon(Task task)
    {
        _ = task.ContinueWith(static t => t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        Close();
    }

    private bool Enqueue(WorkItem item)
    {
        lock (_gate)
        {
            if (_closed)
                return false;
            _queue.Enqueue(item);
            Monitor.Pulse(_gate);
            return true;
        }
    }

    private bool TryDequeue([NotNullWhen(true)] out WorkItem? item)
    {
        lock (_gate)
            return _queue.TryDequeue(out item);
    }

    private void Wake()
    {
        lock (_gate)
            Monitor.Pulse(_gate);
    }

    /// <summary>Something to do on the pipeline thread.</summary>
    private abstract class WorkItem
    {
        public abstract void Run();

        /// <summary>What becomes of it when the pipeline thread will never come.</summary>
        public abstract void Abandon();
    }

    private sealed class Continuation(SendOrPostCallback callback, object? state) : WorkItem
    {
        public override void Run() => callback(state);

        public override void Abandon() => ThreadPool.QueueUserWorkItem(static c => c.Run(), this, preferLocal: false);
    }

    private sealed class Notification(Action call) : WorkItem
    {
        public override void Run() => call();

        public override void Abandon()
        {
        }
    }

    private sealed class Invocation<T>(Func<T> call) : WorkItem
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public T Result => _done.Task.GetAwaiter().GetResult();

        public override void Run()
        {
            try
            {
                _done.SetResult(call());
            }
#pragma warning disable CA1031 // Whatever it is, it belongs to the thread that asked.
            catch (Exception e)
#pragma warning restore CA1031
            {
                _done.SetException(e);
            }
        }

        public override void Abandon() => _done.SetException(new OperationCanceledException("The command has ended."));
    }
}
