namespace IstioAdmin.Core.Mesh.Injection;

/// <summary>Whether sidecars are injected in a namespace, after it was changed.</summary>
public sealed record NamespaceInjection
{
    /// <summary>Name of the cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>The namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>Whether its labels ask for injection.</summary>
    public required bool Enabled { get; init; }

    /// <summary>The revision that it asks for; null for the default one.</summary>
    public string? Revision { get; init; }

    /// <summary>Whether its labels were changed.</summary>
    public required bool Changed { get; init; }

    /// <summary>Pods that are as they were before: they get, or lose, their sidecar when they are replaced.</summary>
    public IReadOnlyList<string> PodsToRestart { get; init; } = [];

    /// <summary>The namespace.</summary>
    public override string ToString() => Namespace;
}
