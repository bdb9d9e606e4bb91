namespace IstioAdmin.Core.Redirection.PacketPaths;

/// <summary>Which packet is followed.</summary>
public sealed record PacketPathOptions
{
    /// <summary>Whether it is UDP; TCP otherwise.</summary>
    public bool Udp { get; init; }

    /// <summary>User id of the process that sends it; null for the one that the application's container is to run as, or 0 where only its image knows.</summary>
    public uint? UserId { get; init; }

    /// <summary>Group id of that process; null as for the user.</summary>
    public uint? GroupId { get; init; }
}
