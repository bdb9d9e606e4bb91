namespace IstioAdmin.Core.Pke.Shells;

/// <summary>What runs with a cluster's access.</summary>
public sealed record ClusterShellOptions
{
    /// <summary>A program; null for the user's shell.</summary>
    public string? Command { get; init; }

    /// <summary>Its arguments.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Use the configuration for a personal login through OpenID Connect.</summary>
    public bool Oidc { get; init; }

    /// <summary>The directory to start in; null for the process's own.</summary>
    public string? Directory { get; init; }

    /// <summary>Whether somebody sits at a terminal, so that Ctrl+C is the shell's own business.</summary>
    public bool Interactive { get; init; }

    /// <summary>Told the lines that a command prints; null to leave them to the terminal.</summary>
    public Action<string>? Output { get; init; }
}
