namespace IstioAdmin.Core.Kube.Connecting;

/// <summary>Which cluster to connect to.</summary>
public sealed record ConnectOptions
{
    /// <summary>
    /// Kubeconfig files, merged in this order; each must exist. When empty: the files of <c>$KUBECONFIG</c>, else <c>~/.kube/config</c>,
    /// else the pod's own service account.
    /// </summary>
    public IReadOnlyList<string> Kubeconfig { get; init; } = [];

    /// <summary>A kubeconfig that is in no file, instead of <see cref="Kubeconfig"/>. It stays in memory.</summary>
    public KubeconfigText? Text { get; init; }

    /// <summary>Context to use; null for the kubeconfig's current one.</summary>
    public string? Context { get; init; }

    /// <summary>The name that the connected cluster goes by; null for the context's name.</summary>
    public string? Name { get; init; }

    /// <summary>Longest wait for the server's answer, for each request that connecting takes.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>A kubeconfig that is in no file.</summary>
/// <param name="Yaml">The kubeconfig.</param>
/// <param name="Source">Where it comes from, as messages name it in quotes: <c>kubeconfig of PKE cluster demo</c>.</param>
public sealed record KubeconfigText(string Yaml, string Source)
{
    /// <summary>Where it comes from; the text has credentials.</summary>
    public override string ToString() => Source;
}
