using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;

namespace IstioAdmin.Iptables.Tests.Parsing;

/// <summary>Knows which inputs are being worked on, and says so when one takes longer than anything that ends.</summary>
internal sealed class FuzzWatch
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<int, (string Input, long Began)> _running = new();

    /// <summary>Works on an input.</summary>
    public void Run(string input, Action<string> work)
    {
        _running[Environment.CurrentManagedThreadId] = (input, Stopwatch.GetTimestamp());
        try
        {
            work(input);
        }
        finally
        {
            _running.TryRemove(Environment.CurrentManagedThreadId, out _);
        }
    }

    /// <summary>Waits for the end of all work, or fails with an input whose end does not come.</summary>
    public async Task WaitAsync(Task work, CancellationToken cancel)
    {
        while (await Task.WhenAny(work, Task.Delay(TimeSpan.FromSeconds(1), cancel)) != work)
        {
            cancel.ThrowIfCancellationRequested();
            foreach ((string input, long began) in _running.Values)
                Assert.True(Stopwatch.GetElapsedTime(began) < Limit, $"no end after {Limit}: {Show(input)}");
        }
        await work;
    }

    /// <summary>An input as a literal that can be pasted into a test.</summary>
    public static string Show(string input) => JsonSerializer.Serialize(input);
}
