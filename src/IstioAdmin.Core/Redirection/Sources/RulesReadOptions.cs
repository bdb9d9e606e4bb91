namespace IstioAdmin.Core.Redirection.Sources;

/// <summary>How rules are to be read.</summary>
public sealed record RulesReadOptions
{
    /// <summary>Where.</summary>
    public RulesSource Source { get; init; } = RulesSource.Auto;

    /// <summary>Image of inspector pods and ephemeral containers, which needs sh, nsenter, iptables-save and nft; null for an image that the node's sidecars run already.</summary>
    public string? InspectorImage { get; init; }

    /// <summary>Namespace of inspector pods; null for the one of the mesh's CNI agent, or else kube-system.</summary>
    public string? InspectorNamespace { get; init; }

    /// <summary>How many nodes are read at a time.</summary>
    public int Parallelism { get; init; } = 16;

    /// <summary>Longest time that one node, or one pod, may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);
}
