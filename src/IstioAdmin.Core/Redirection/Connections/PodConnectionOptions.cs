namespace IstioAdmin.Core.Redirection.Connections;

/// <summary>How a connection is made.</summary>
public sealed record PodConnectionOptions
{
    /// <summary>User id of the process that connects; null for the one that the application's container is to run as, or 0 where only its image knows.</summary>
    public uint? UserId { get; init; }

    /// <summary>Group id of that process; null as for the user.</summary>
    public uint? GroupId { get; init; }

    /// <summary>Whole seconds until an attempt that nobody answers is given up.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);
}
