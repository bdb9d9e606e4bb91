namespace IstioAdmin.Core.Pke.Kubeconfigs;

/// <summary>Where a cluster's access is written to, and how.</summary>
/// <remarks>
/// Errors of a merge: <c>KubeconfigEntryExists</c> (the name is taken by another cluster), <c>KubeconfigNotEditable</c>, <c>KubeconfigUnreadable</c>,
/// <c>KubeconfigLocked</c>, <c>YamlInvalid</c>, <c>FileNotWritten</c>. The file is unchanged then.
/// </remarks>
public sealed record KubeconfigMergeOptions
{
    /// <summary>The file; null for the one that kubectl would write to.</summary>
    public string? Path { get; init; }

    /// <summary>Name for the context and its cluster entry; the user's entry is called after it. Null to keep the names that came with it.</summary>
    public string? ContextName { get; init; }

    /// <summary>Take the configuration for a personal login through OpenID Connect.</summary>
    public bool Oidc { get; init; }

    /// <summary>Make the context current, also when another is. Where none is, it becomes current anyhow.</summary>
    public bool SetCurrent { get; init; }

    /// <summary>Replace entries of the same name that are about another cluster.</summary>
    public bool Force { get; init; }
}
