using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Operators;

/// <summary>
/// What the operators have in common: they watch their resources, put them into a queue and reconcile one at a time, with a spec as old as the
/// beginning of the round.
/// </summary>
internal abstract class OperatorProgram(PodContext context, OperatorTimes times, OperatorFaults faults) : IPodProgram
{
    private readonly CancellationTokenSource _end = new();
    private readonly Channel<string> _queue = Channel.CreateUnbounded<string>();
    private readonly ConcurrentDictionary<string, bool> _queued = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _seen = new(StringComparer.Ordinal);
    private readonly List<Task> _work = [];
    private readonly ConcurrentQueue<string> _complaints = new();
    private bool _stopping;

    public PodContext Context => context;

    /// <summary>What went wrong in its rounds, as an operator's log would have it.</summary>
    public IReadOnlyCollection<string> Complaints => _complaints;

    protected ClusterApi Api => context.Api;

    protected OperatorTimes Times => times;

    protected OperatorFaults Faults => faults;

    protected CancellationToken End => _end.Token;

    /// <summary>The name under which it writes: what controller-runtime of the time used.</summary>
    protected const string Manager = "manager";

    public void Start()
    {
        foreach (string collection in Collections)
            _work.Add(Task.Run(() => WatchAsync(collection)));
        _work.Add(Task.Run(RunAsync));
    }

    public async Task StopAsync()
    {
        _stopping = true;
        _queue.Writer.TryComplete();
        // A round that has begun comes to its end, or the grace period does.
        await _work[^1].WaitAsync(TimeSpan.FromSeconds(2)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            await LeaveAsync();
        }
        catch (Exception e) when (e is ClusterApiException or HttpRequestException)
        {
            // The pod's rights went before the pod did.
            _complaints.Enqueue(e.Message);
        }
        await KillAsync();
    }

    public async Task KillAsync()
    {
        await _end.CancelAsync();
        foreach (Task work in _work)
            await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await ForgetAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _end.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Paths of the collections that it watches.</summary>
    protected abstract IReadOnlyList<string> Collections { get; }

    /// <summary>What it does before it looks at any resource.</summary>
    protected virtual Task EnterAsync() => Task.CompletedTask;

    /// <summary>One round for one resource.</summary>
    /// <param name="path">The resource's path.</param>
    /// <returns>When to have another round without any change; null for never.</returns>
    protected abstract Task<TimeSpan?> ReconcileAsync(string path);

    /// <summary>What it does when it is told to end.</summary>
    protected virtual Task LeaveAsync() => Task.CompletedTask;

    /// <summary>What stops together with the process, however it ends: its servers.</summary>
    protected virtual Task ForgetAsync() => Task.CompletedTask;

    /// <summary>Puts a resource into the queue.</summary>
    protected void Enqueue(string path, TimeSpan? after = null)
    {
        if (after is { } delay)
            _ = Task.Delay(delay, End).ContinueWith(_ => Enqueue(path), End, TaskContinuationOptions.NotOnCanceled, TaskScheduler.Default);
        else if (_queued.TryAdd(path, true))
            _queue.Writer.TryWrite(path);
    }

    /// <summary>What about a resource makes it worth a round: not its status.</summary>
    protected virtual string Trigger(JsonObject item) => $"{item["metadata"]!["generation"]} {item["metadata"]!["deletionTimestamp"]}";

    /// <summary>Waits for as long as the work takes that this stand-in does not do.</summary>
    protected async Task LabourAsync()
    {
        await Task.Delay(Times.Work, End);
        if (Faults.Hang)
            Faults.Hold();
        while (Faults.Hang)
            await Task.Delay(20, End);
        if (Faults.Error is { } error)
            throw new ReconcileException(error);
    }

    private async Task WatchAsync(string collection)
    {
        await foreach ((string type, JsonObject item) in Api.WatchAsync(collection, End))
        {
            string path = PathOf(collection, item);
            if (type == "DELETED")
            {
                _seen.TryRemove(path, out _);
                Enqueue(path);
            }
            else if (Trigger(item) is { } trigger && (!_seen.TryGetValue(path, out string? before) || before != trigger))
            {
                _seen[path] = trigger;
                Enqueue(path, Times.Stale);
            }
        }
    }

    private async Task RunAsync()
    {
        await EnterAsync();
        await foreach (string path in _queue.Reader.ReadAllAsync(End))
        {
            _queued.TryRemove(path, out _);
            TimeSpan? again;
            try
            {
                again = await ReconcileAsync(path);
            }
            catch (Exception e) when (e is ClusterApiException or HttpRequestException)
            {
                _complaints.Enqueue(e.Message);
                again = TimeSpan.FromMilliseconds(50);
            }
            if (again is not null && !_stopping)
                Enqueue(path, again);
            if (_stopping)
                return;
        }
    }

    private static string PathOf(string collection, JsonObject item)
    {
        string name = Json.Text(item, "metadata", "name")!;
        if (Json.Text(item, "metadata", "namespace") is not { } ns)
            return $"{collection}/{name}";
        int plural = collection.LastIndexOf('/');
        return $"{collection[..plural]}/namespaces/{ns}{collection[plural..]}/{name}";
    }
}

/// <summary>How long a stand-in takes. The real ones take seconds where these take hundredths.</summary>
internal sealed record OperatorTimes
{
    /// <summary>From a change until the status says Reconciling: so long the old Available stands (10 to 100 ms as observed; not scaled).</summary>
    public TimeSpan Stale { get; init; } = TimeSpan.FromMilliseconds(40);

    /// <summary>A round's work (37 s the first time, 15 s later).</summary>
    public TimeSpan Work { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Until the second round after a change.</summary>
    public TimeSpan SecondRound { get; init; } = TimeSpan.FromMilliseconds(60);

    /// <summary>Until a round that failed, or found another one running, is tried again (30 s).</summary>
    public TimeSpan Retry { get; init; } = TimeSpan.FromMilliseconds(300);
}

/// <summary>What can be made to go wrong in a stand-in; may be changed while it runs.</summary>
internal sealed class OperatorFaults
{
    private string? _error;
    private bool _hang;
    private int _held;

    /// <summary>A round fails with this message.</summary>
    public string? Error
    {
        get => Volatile.Read(ref _error);
        set => Volatile.Write(ref _error, value);
    }

    /// <summary>A round that has begun does not come to its end.</summary>
    public bool Hang
    {
        get => Volatile.Read(ref _hang);
        set => Volatile.Write(ref _hang, value);
    }

    /// <summary>How many rounds did not.</summary>
    public int Held => Volatile.Read(ref _held);

    internal void Hold() => Interlocked.Increment(ref _held);
}

/// <summary>A round failed; the message is what the operator writes into the status.</summary>
internal sealed class ReconcileException(string message) : Exception(message);
