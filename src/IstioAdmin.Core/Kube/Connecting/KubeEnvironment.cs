namespace IstioAdmin.Core.Kube.Connecting;

/// <summary>What connecting takes from the process and the machine; tests put their own in its place.</summary>
/// <param name="Variable">Reads an environment variable.</param>
/// <param name="Home">The user's home directory.</param>
/// <param name="ServiceAccount">Directory in which Kubernetes mounts a pod's service account.</param>
internal sealed record KubeEnvironment(Func<string, string?> Variable, string Home, string ServiceAccount)
{
    public static KubeEnvironment Current { get; } = new(
        Environment.GetEnvironmentVariable,
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
        "/var/run/secrets/kubernetes.io/serviceaccount");

    /// <summary>Where kubectl looks when nothing else is said.</summary>
    public string DefaultKubeconfig => Path.Combine(Home, ".kube", "config");

    /// <summary>The files that <c>$KUBECONFIG</c> lists; empty when it is not set.</summary>
    public IReadOnlyList<string> KubeconfigVariable =>
        [.. (Variable("KUBECONFIG") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct()];
}
