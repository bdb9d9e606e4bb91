namespace IstioAdmin.Core.Mesh.Ingress;

/// <summary>A service that had a part in a page.</summary>
public sealed record PageService
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The version that answered; null when the page does not show it.</summary>
    public string? Version { get; init; }

    /// <summary>The pod that answered; null when the page does not show it.</summary>
    public string? Pod { get; init; }

    /// <summary>Whether it answered.</summary>
    public required bool Answered { get; init; }

    /// <summary>Name and version, and whether it failed: <c>reviews v3</c>.</summary>
    public override string ToString() => $"{Name}{(Version is null ? "" : $" {Version}")}{(Answered ? "" : " (failed)")}";
}
