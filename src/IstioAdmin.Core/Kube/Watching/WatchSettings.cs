namespace IstioAdmin.Core.Kube.Watching;

/// <summary>The clock of a watch.</summary>
internal sealed record WatchSettings
{
    /// <summary>
    /// Seconds after which the server ends each response by itself. Five to ten minutes are what client-go's reflector asks for, spread so
    /// that many watchers do not come back at once.
    /// </summary>
    public TimeSpan ServerTimeout { get; init; } = TimeSpan.FromSeconds(Random.Shared.Next(300, 600));

    /// <summary>How long after that a silent connection is given up: its peer is gone.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The first pause before a connection is made again.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest pause.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a server may stay away before the watch fails.</summary>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>A response that ends sooner than this without a word counts as a failure, so that it is not asked for without pause.</summary>
    public TimeSpan ShortestSilence { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Bytes that one event may have. etcd takes objects of 1.5 MB unless told otherwise; this leaves room for those who did.</summary>
    public int LongestLine { get; init; } = 64 * 1024 * 1024;
}
