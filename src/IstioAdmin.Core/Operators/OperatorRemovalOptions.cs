using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Operators;

/// <summary>What to remove, and how.</summary>
public sealed record OperatorRemovalOptions
{
    /// <summary>Which operator.</summary>
    public required IstioOperatorKind Kind { get; init; }

    /// <summary>Its namespace; null to find it.</summary>
    public string? Namespace { get; init; }

    /// <summary>Whether the operator's definitions and Istio's that it made go too, and with them every object of these kinds.</summary>
    public bool IncludeDefinitions { get; init; }

    /// <summary>Whether its namespace goes too, with all that is in it, where this module made it.</summary>
    public bool IncludeNamespace { get; init; }

    /// <summary>Whether to remove meshes with it, and an operator that somebody else installed.</summary>
    public bool Force { get; init; }

    /// <summary>
    /// Whether to take the operator's finalizers off meshes that do not go by themselves; what the operator would have removed then stays, as far as
    /// this module does not know it.
    /// </summary>
    public bool ReleaseFinalizers { get; init; }

    /// <summary>How long to wait for each mesh to go.</summary>
    public TimeSpan MeshTimeout { get; init; } = TimeSpan.FromMinutes(5);
}
