using Polly;
using Polly.Retry;

namespace IstioAdmin.Core.Kube.Resilience;

/// <summary>Repeats a read whose connection broke in the middle of the body, where <see cref="RetryHandler"/> no longer looks.</summary>
internal static class BodyRetry
{
    public static ResiliencePipeline Pipeline { get; } = new ResiliencePipelineBuilder()
        .AddRetry(new RetryStrategyOptions
        {
            MaxRetryAttempts = 3,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = TimeSpan.FromMilliseconds(250),
            ShouldHandle = args => ValueTask.FromResult(args.Outcome.Exception is BrokenBodyException),
        })
        .Build();
}
