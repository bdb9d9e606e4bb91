namespace IstioAdmin.Core.Pke;

/// <summary>A list that is fetched when it is first looked at. What failed is tried again the next time.</summary>
internal sealed class OnDemand<T>
{
    // A property has nobody who could cancel it.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly Func<CancellationToken, Task<IReadOnlyList<T>>> _fetch;
    private readonly object _gate = new();
    private IReadOnlyList<T>? _value;

    public OnDemand(Func<CancellationToken, Task<IReadOnlyList<T>>> fetch) => _fetch = fetch;

    public IReadOnlyList<T> Value
    {
        get
        {
            lock (_gate)
                return _value ??= Fetch();
        }
    }

    private IReadOnlyList<T> Fetch()
    {
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            // On the thread pool: the caller's thread may be one to which continuations want to come back.
            return Task.Run(() => _fetch(limit.Token)).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException e)
        {
            throw new PipelineException("PipelineTimedOut", FailureKind.Timeout, FormattableString.Invariant($"Pipeline did not answer within {Limit.TotalSeconds:0} seconds."),
                "Look at the property again; if it stays so, check Pipeline's health.", target: null, e);
        }
    }
}
