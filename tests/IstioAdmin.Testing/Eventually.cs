using System.Diagnostics;

namespace IstioAdmin.Testing;

/// <summary>For what happens elsewhere and soon: a controller's work, a process's end.</summary>
public static class Eventually
{
    /// <summary>Asks until the answer is yes; fails, naming <paramref name="what"/> was awaited, after <paramref name="timeout"/> (2 min).</summary>
    public static async Task BecomesTrueAsync(Func<Task<bool>> condition, string what, TimeSpan? timeout = null)
    {
        var waited = Stopwatch.StartNew();
        while (!await condition())
        {
            if (waited.Elapsed > (timeout ?? TimeSpan.FromMinutes(2)))
                throw new TimeoutException($"Waited {waited.Elapsed.TotalSeconds:0} s in vain: {what}");
            await Task.Delay(50);
        }
    }

    /// <inheritdoc cref="BecomesTrueAsync(Func{Task{bool}}, string, TimeSpan?)"/>
    public static Task BecomesTrueAsync(Func<bool> condition, string what, TimeSpan? timeout = null)
        => BecomesTrueAsync(() => Task.FromResult(condition()), what, timeout);
}
