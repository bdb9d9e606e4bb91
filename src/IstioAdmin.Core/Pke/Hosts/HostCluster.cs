namespace IstioAdmin.Core.Pke.Hosts;

/// <summary>A cluster that was made on machines of one's own.</summary>
public sealed record HostCluster
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Address of its API server.</summary>
    public string? Server { get; init; }

    /// <summary>Its machines, the control plane's first.</summary>
    public required IReadOnlyList<HostNode> Nodes { get; init; }

    /// <summary>The kubeconfig that its access was written to; null when that was declined.</summary>
    public string? Kubeconfig { get; init; }

    /// <summary>The context there.</summary>
    public string? Context { get; init; }

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}

/// <summary>A machine of a <see cref="HostCluster"/>.</summary>
/// <param name="Host">The machine as it was named.</param>
/// <param name="Node">Its host name, which is the node's name too.</param>
/// <param name="Role"><c>single</c>, <c>master</c> or <c>worker</c>.</param>
/// <param name="State"><c>Installed</c> now, <c>Present</c> before, <c>Failed</c>, or <c>Skipped</c> when that was declined.</param>
/// <param name="Ready">Whether the node is ready; null when it was not asked.</param>
public sealed record HostNode(string Host, string? Node, string Role, string State, bool? Ready)
{
    /// <summary>The machine and its state.</summary>
    public override string ToString() => $"{Host} {State}";
}
