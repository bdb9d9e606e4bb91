namespace IstioAdmin.Core.Mesh;

/// <summary>One Istio control plane found in a cluster.</summary>
public sealed record IstioInstallation
{
    /// <summary>Which operator's resource describes it; None when it was found by its workloads alone.</summary>
    public required IstioOperatorKind Operator { get; init; }

    /// <summary>Namespace of the control plane.</summary>
    public required string Namespace { get; init; }

    /// <summary>Name of the operator's resource, or of the control plane's workload.</summary>
    public required string Name { get; init; }

    /// <summary>Istio's version, for example <c>1.1.14</c>; null when nothing tells it.</summary>
    public string? Version { get; init; }

    /// <summary>Revision, or null for the default one and for versions that have none.</summary>
    public string? Revision { get; init; }

    /// <summary>Whether the CNI plugin is on; null when that cannot be told.</summary>
    public bool? CniEnabled { get; init; }

    /// <summary>Namespaces in which the CNI plugin leaves pods alone, as its configuration says.</summary>
    public IReadOnlyList<string> CniExcludedNamespaces { get; init; } = [];
}
