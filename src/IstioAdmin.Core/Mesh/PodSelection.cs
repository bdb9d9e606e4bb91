namespace IstioAdmin.Core.Mesh;

/// <summary>Which pods.</summary>
public sealed record PodSelection
{
    /// <summary>One namespace; null for all.</summary>
    public string? Namespace { get; init; }

    /// <summary>Label selector.</summary>
    public string? LabelSelector { get; init; }

    /// <summary>Node.</summary>
    public string? Node { get; init; }

    /// <summary>Which namespaces.</summary>
    public Func<string, bool>? NamespaceFilter { get; init; }

    /// <summary>Which names.</summary>
    public Func<string, bool>? NameFilter { get; init; }

    /// <summary>Whether to fetch the whole resource.</summary>
    public bool Full { get; init; }
}
