namespace IstioAdmin.Core.Workloads;

/// <summary>Asks again and again until something has happened.</summary>
internal static class Polling
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Asks once a second; false when time ran out first, be it in the middle of a question.</summary>
    public static async Task<bool> UntilAsync(Func<CancellationToken, Task<bool>> isDone, TimeSpan timeout, CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(timeout);
        try
        {
            while (!await isDone(deadline.Token).ConfigureAwait(false))
                await Task.Delay(Interval, deadline.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return false;
        }
    }
}
