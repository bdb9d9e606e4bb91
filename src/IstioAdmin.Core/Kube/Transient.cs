using System.Net.Sockets;
using Polly;
using Polly.Retry;

namespace IstioAdmin.Core.Kube;

/// <summary>Which failures may be gone a moment later, and how reads that broke off are tried again.</summary>
internal static class Transient
{
    /// <summary>
    /// For reads of whole bodies: connecting and bad statuses are <see cref="KubeClient"/>'s to retry, what remains is a connection that
    /// breaks while the body comes in, and a body that is not all there.
    /// </summary>
    public static ResiliencePipeline BodyReads { get; } = new ResiliencePipelineBuilder()
        .AddRetry(new RetryStrategyOptions
        {
            MaxRetryAttempts = 3,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = TimeSpan.FromMilliseconds(100),
            MaxDelay = TimeSpan.FromSeconds(2),
            ShouldHandle = new PredicateBuilder()
                .Handle<IOException>()
                .Handle<HttpRequestException>()
                .Handle<MeshException>(failure => failure.Kind == FailureKind.InvalidResponse && failure is not NotKubernetesException),
        })
        .Build();

    /// <summary>Whether trying again later can help.</summary>
    public static bool Includes(Exception? failure) => failure switch
    {
        NotKubernetesException => false,
        MeshException { Kind: FailureKind.Connection or FailureKind.Unavailable or FailureKind.Timeout or FailureKind.InvalidResponse } => true,
        IOException or HttpRequestException { StatusCode: null } or SocketException => true,
        MeshException { InnerException: { } cause } => Includes(cause),
        _ => false,
    };
}
