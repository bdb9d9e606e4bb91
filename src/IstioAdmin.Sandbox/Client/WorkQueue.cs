using System.Threading.Channels;

namespace IstioAdmin.Sandbox.Client;

/// <summary>
/// Keys to be worked on, each at most once at a time: one that is added while it waits is there once, one that is added while it is being worked on
/// comes again afterwards (client-go's <c>workqueue</c>). A key that fails is put off, twice as long each time.
/// </summary>
internal sealed class WorkQueue
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);

    private readonly object _gate = new();
    private readonly HashSet<string> _waiting = new(StringComparer.Ordinal);
    private readonly HashSet<string> _running = new(StringComparer.Ordinal);
    private readonly HashSet<string> _soon = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _failures = new(StringComparer.Ordinal);
    private readonly Channel<string> _ready = Channel.CreateUnbounded<string>();

    /// <summary>Whether nothing waits and nothing runs; what was put off is not counted.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate)
                return _waiting.Count == 0 && _running.Count == 0 && _soon.Count == 0;
        }
    }

    /// <summary>Adds a key.</summary>
    public void Add(string key)
    {
        lock (_gate)
        {
            if (_waiting.Add(key) && !_running.Contains(key))
                _ready.Writer.TryWrite(key);
        }
    }

    /// <summary>Adds a key later.</summary>
    public void AddAfter(string key, TimeSpan delay, CancellationToken cancel = default)
    {
        if (delay <= TimeSpan.Zero)
            Add(key);
        else
            _ = Task.Delay(delay, cancel).ContinueWith(_ => Add(key), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
    }

    /// <summary>Adds a key after a moment in which others that add it too make no difference: what changes often is worked on once.</summary>
    public void AddSoon(string key, TimeSpan moment, CancellationToken cancel = default)
    {
        lock (_gate)
        {
            if (!_soon.Add(key))
                return;
        }
        _ = Task.Delay(moment, cancel).ContinueWith(
            _ =>
            {
                lock (_gate)
                    _soon.Remove(key);
                Add(key);
            },
            CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
    }

    /// <summary>Adds a key that failed, later.</summary>
    public void AddFailed(string key, CancellationToken cancel = default)
    {
        int failures;
        lock (_gate)
            _failures[key] = failures = _failures.GetValueOrDefault(key) + 1;
        double delay = FirstDelay.TotalMilliseconds * Math.Pow(2, Math.Min(failures - 1, 20));
        AddAfter(key, delay < LongestDelay.TotalMilliseconds ? TimeSpan.FromMilliseconds(delay) : LongestDelay, cancel);
    }

    /// <summary>Forgets that a key has failed.</summary>
    public void Forget(string key)
    {
        lock (_gate)
            _failures.Remove(key);
    }

    /// <summary>The next key; it must be given back with <see cref="Done"/>.</summary>
    public async ValueTask<string> TakeAsync(CancellationToken cancel)
    {
        string key = await _ready.Reader.ReadAsync(cancel).ConfigureAwait(false);
        lock (_gate)
        {
            _waiting.Remove(key);
            _running.Add(key);
        }
        return key;
    }

    /// <summary>Says that the work on a key has ended.</summary>
    public void Done(string key)
    {
        lock (_gate)
        {
            _running.Remove(key);
            if (_waiting.Contains(key))
                _ready.Writer.TryWrite(key);
        }
    }
}
