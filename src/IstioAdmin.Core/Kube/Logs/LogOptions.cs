namespace IstioAdmin.Core.Kube.Logs;

/// <summary>Which part of a container's log.</summary>
public sealed record LogOptions
{
    /// <summary>Stay and read what is yet to be written, until the container ends.</summary>
    public bool Follow { get; init; }

    /// <summary>Begin this many lines before the end; null for the beginning.</summary>
    public int? Tail { get; init; }

    /// <summary>Begin this long ago; null for the beginning. Counted in whole seconds.</summary>
    public TimeSpan? Since { get; init; }

    /// <summary>The log of the container's previous run, for one that has restarted.</summary>
    public bool Previous { get; init; }

    /// <summary>Put the time before each line, as RFC 3339.</summary>
    public bool Timestamps { get; init; }
}
