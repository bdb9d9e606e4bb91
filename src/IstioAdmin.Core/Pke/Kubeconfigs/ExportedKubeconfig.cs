namespace IstioAdmin.Core.Pke.Kubeconfigs;

/// <summary>A cluster's access as it stands in a kubeconfig.</summary>
public sealed record ExportedKubeconfig
{
    /// <summary>The cluster.</summary>
    public required string Name { get; init; }

    /// <summary>Path of the file.</summary>
    public required string Kubeconfig { get; init; }

    /// <summary>The context that leads to the cluster.</summary>
    public required string Context { get; init; }

    /// <summary>Address of its API server; null when the kubeconfig does not say.</summary>
    public string? Server { get; init; }

    /// <summary>Whether the context is the current one.</summary>
    public bool IsCurrent { get; init; }

    /// <summary>Whether the file had to be changed.</summary>
    public bool Changed { get; init; }

    /// <summary>The context and its file.</summary>
    public override string ToString() => $"{Context} in {Kubeconfig}";
}
