using System.Net;
using IstioAdmin.Core.Kube.Failures;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace IstioAdmin.Core.Kube.Resilience;

/// <summary>
/// When a request is sent again, and after which pause.
/// <list type="bullet">
/// <item>Reads (GET, HEAD): HTTP 500, 502, 503, 504 and 429 up to 4 tries; a broken or refused connection up to 6 tries, which is
/// long enough for an API server to restart, but only after the server has answered once: a wrong address fails at once.</item>
/// <item>Any verb: HTTP 429 with Retry-After of at most <see cref="MaxRetryAfter"/>, up to 4 tries. The server did not act on it.</item>
/// <item>Nothing else: a write whose outcome is unknown is never repeated.</item>
/// </list>
/// </summary>
internal sealed class RetryRules
{
    /// <summary>A wait that the server asks for and that is still better than an error.</summary>
    public static readonly TimeSpan MaxRetryAfter = TimeSpan.FromSeconds(30);

    /// <summary>Set on a request: the longest wait for its response headers, instead of <see cref="HeadersTimeout"/>.</summary>
    public static readonly HttpRequestOptionsKey<TimeSpan> AttemptTimeout = new("IstioAdmin.AttemptTimeout");

    // API servers end ordinary requests after 60 s themselves (kube-apiserver --request-timeout).
    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(100);

    private const int MaxAnswerRetries = 3;
    private const int MaxConnectionRetries = 5;

    private static readonly ResiliencePropertyKey<HttpRequestMessage> RequestKey = new("Request");

    private volatile bool _serverHasAnswered;

    public RetryRules(TimeProvider? time = null)
    {
        var builder = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time };
        Pipeline = builder
            .AddRetry(new RetryStrategyOptions<HttpResponseMessage>
            {
                MaxRetryAttempts = MaxConnectionRetries,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = TimeSpan.FromSeconds(1),
                MaxDelay = TimeSpan.FromSeconds(8),
                ShouldHandle = args => ValueTask.FromResult(ShouldRetry(Request(args.Context), args.Outcome, args.AttemptNumber)),
                DelayGenerator = args => ValueTask.FromResult(args.Outcome.Result is { } response ? RetryAfter(response) : null),
                OnRetry = args =>
                {
                    args.Outcome.Result?.Dispose();
                    return ValueTask.CompletedTask;
                },
            })
            .AddTimeout(new TimeoutStrategyOptions { TimeoutGenerator = args => ValueTask.FromResult(LongestWait(Request(args.Context))) })
            .Build();
    }

    public ResiliencePipeline<HttpResponseMessage> Pipeline { get; }

    public static void Attach(ResilienceContext context, HttpRequestMessage request) => context.Properties.Set(RequestKey, request);

    /// <summary>From now on a refused connection means that the server restarts, not that the address is wrong.</summary>
    public void ServerAnswered() => _serverHasAnswered = true;

    private static HttpRequestMessage Request(ResilienceContext context) => context.Properties.GetValue(RequestKey, null!);

    private bool ShouldRetry(HttpRequestMessage request, Outcome<HttpResponseMessage> outcome, int attempt)
    {
        bool read = request.Method == HttpMethod.Get || request.Method == HttpMethod.Head;
        if (outcome.Result is { } response)
            return attempt < MaxAnswerRetries && ShouldRetry(response, read);
        return read && _serverHasAnswered && outcome.Exception is { } e && IsBrokenConnection(e);
    }

    private static bool ShouldRetry(HttpResponseMessage response, bool read) => response.StatusCode switch
    {
        HttpStatusCode.TooManyRequests => RetryAfter(response) is { } wait ? wait <= MaxRetryAfter : read,
        HttpStatusCode.InternalServerError or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout =>
            read && !(RetryAfter(response) > MaxRetryAfter),
        _ => false,
    };

    private static bool IsBrokenConnection(Exception exception) => TransportFaults.Of(exception) switch
    {
        TransportFault.ConnectionLost or TransportFault.ConnectionRefused or TransportFault.Unreachable or TransportFault.NameNotResolved => true,
        // A handshake that breaks off belongs to a server on its way down; one that is refused stays refused.
        TransportFault.TlsFailed => exception.InnerException is IOException,
        _ => false,
    };

    private static TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        // A time of day is the server's; its clock may be another than ours.
        { Date: { } date } => date - (response.Headers.Date ?? DateTimeOffset.UtcNow) is var wait && wait > TimeSpan.Zero ? wait : TimeSpan.Zero,
        _ => null,
    };

    /// <summary>Watches and followed logs may be silent for as long as they like, even before their headers.</summary>
    private static TimeSpan LongestWait(HttpRequestMessage request)
    {
        if (request.Options.TryGetValue(AttemptTimeout, out TimeSpan own))
            return own;
        string query = request.RequestUri?.Query ?? "";
        bool silent = query.Contains("watch=", StringComparison.Ordinal) || query.Contains("follow=", StringComparison.Ordinal);
        return silent ? Timeout.InfiniteTimeSpan : HeadersTimeout;
    }
}
