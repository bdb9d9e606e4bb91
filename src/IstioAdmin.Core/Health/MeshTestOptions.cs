using IstioAdmin.Core.Redirection.Repair;

namespace IstioAdmin.Core.Health;

/// <summary>How a mesh is to be tested.</summary>
public sealed record MeshTestOptions
{
    /// <summary>Which categories; null for all.</summary>
    public Func<string, bool>? Wants { get; init; }

    /// <summary>Tests the redirection of pods; null leaves that category out, with a note.</summary>
    public RedirectionTester? Redirection { get; init; }

    /// <summary>Whether the redirection of pods is left out without a note.</summary>
    public bool SkipRedirection { get; init; }
}
