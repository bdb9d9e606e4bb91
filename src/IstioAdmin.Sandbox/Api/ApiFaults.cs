using System.Diagnostics.CodeAnalysis;

namespace IstioAdmin.Sandbox.Api;

/// <summary>
/// Faults of the API server on demand. They hit what people and operators ask for, not the control plane's own parts, nor health checks.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "A source without timer or wait handle holds nothing that is to be released.")]
internal sealed class ApiFaults
{
    private readonly object _gate = new();
    private CancellationTokenSource _cut = new();
    private double _throttled;
    private double _failed;

    /// <summary>How much of the requests is refused with 429, from 0 to 1.</summary>
    public double ThrottledShare { get; set; }

    /// <summary>When clients are told to come again.</summary>
    public TimeSpan RetryAfter { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How much of the requests fails with 500, from 0 to 1.</summary>
    public double FailingShare { get; set; }

    /// <summary>How long a watch lives before its connection is cut; null for as long as it is meant to.</summary>
    public TimeSpan? WatchLifetime { get; set; }

    /// <summary>Ends when watches are cut.</summary>
    public CancellationToken WatchCut
    {
        get
        {
            lock (_gate)
                return _cut.Token;
        }
    }

    /// <summary>Cuts the connections of all watches that there are.</summary>
    public void CutWatches()
    {
        CancellationTokenSource cut;
        lock (_gate)
        {
            cut = _cut;
            _cut = new CancellationTokenSource();
        }
        cut.Cancel();
    }

    /// <summary>No faults from now on.</summary>
    public void Clear()
    {
        ThrottledShare = FailingShare = 0;
        RetryAfter = TimeSpan.FromSeconds(1);
        WatchLifetime = null;
    }

    /// <summary>Refuses a request when its turn has come: of a share of one half, it is every second one.</summary>
    /// <exception cref="ApiException">429 or 500.</exception>
    public void Apply()
    {
        if (ThrottledShare > 0 && Turn(ref _throttled, ThrottledShare))
        {
            throw new ApiException(429, "TooManyRequests", "the server has received too many requests and has asked us to try again later",
                new System.Text.Json.Nodes.JsonObject { ["retryAfterSeconds"] = (int)Math.Ceiling(RetryAfter.TotalSeconds) });
        }
        if (FailingShare > 0 && Turn(ref _failed, FailingShare))
            throw new ApiException(500, "InternalError", "Internal error occurred: the sandbox was told to fail");
    }

    private bool Turn(ref double sum, double share)
    {
        lock (_gate)
        {
            sum += share;
            if (sum < 1 - 1e-9)
                return false;
            sum -= 1;
            return true;
        }
    }
}
