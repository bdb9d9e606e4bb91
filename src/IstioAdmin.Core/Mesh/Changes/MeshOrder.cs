using IstioAdmin.Core.Mesh.Settings;

namespace IstioAdmin.Core.Mesh.Changes;

/// <summary>What an administrator wants of a mesh.</summary>
public sealed record MeshOrder
{
    /// <summary>Its name; null for the operator's usual one.</summary>
    public string? Name { get; init; }

    /// <summary>Namespace of its control plane; null for <c>istio-system</c>.</summary>
    public string? Namespace { get; init; }

    /// <summary>The operator; null for the one that is installed.</summary>
    public IstioOperatorKind? Operator { get; init; }

    /// <summary>The settings.</summary>
    public MeshSettings Settings { get; init; } = new();

    /// <summary>What comes on top, in the operator's own words; null for nothing.</summary>
    public MeshSpec? Spec { get; init; }

    /// <summary>Only the resources are wanted, to be looked at or kept: what is there already does not matter.</summary>
    public bool PrintOnly { get; init; }

    /// <summary>Take over what others manage.</summary>
    public bool Force { get; init; }
}
