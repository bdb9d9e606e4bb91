namespace IstioAdmin.Core.Kube.Connecting;

/// <summary>
/// One or several kubeconfig files, merged by kubectl's rules: the first file that names a cluster, user or context, or sets the current
/// context, counts.
/// </summary>
/// <remarks>Source: Kubernetes documentation, "Organizing Cluster Access Using kubeconfig Files"; client-go <c>tools/clientcmd/loader.go</c>.</remarks>
public sealed class Kubeconfig
{
    private Kubeconfig(IReadOnlyList<string> files)
    {
        Files = files;
        Where = files.Count == 1 ? $"The kubeconfig '{files[0]}'" : $"The kubeconfig ({string.Join(", ", files.Select(f => $"'{f}'"))})";
    }

    /// <summary>Full paths of the files that were read, in order.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>Name of the context that is used unless another is named; null when no file sets one.</summary>
    public string? CurrentContext { get; private set; }

    /// <summary>Names of the contexts, in the files' order.</summary>
    public IReadOnlyList<string> ContextNames => [.. Contexts.Names];

    internal KubeconfigEntries Clusters { get; } = new();

    internal KubeconfigEntries Users { get; } = new();

    internal KubeconfigEntries Contexts { get; } = new();

    /// <summary>The text itself, when it is in no file.</summary>
    internal KubeconfigText? Text { get; private init; }

    /// <summary>The files as messages name them.</summary>
    internal string Where { get; private init; }

    /// <summary>Reads kubeconfig files.</summary>
    /// <param name="paths">Files, each of which must exist. When empty: those of <c>$KUBECONFIG</c> that exist, else <c>~/.kube/config</c>.</param>
    /// <param name="cancel">Cancels reading.</param>
    /// <exception cref="MeshException">
    /// <c>KubeconfigNotFound</c>, <c>KubeconfigUnreadable</c>, <c>KubeconfigEmpty</c>, <c>KubeconfigYamlInvalid</c>, <c>KubeconfigNotKubeconfig</c>
    /// or <c>KubeconfigFieldInvalid</c>.
    /// </exception>
    public static Task<Kubeconfig> LoadAsync(IReadOnlyList<string> paths, CancellationToken cancel) => LoadAsync(paths, KubeEnvironment.Current, cancel);

    internal static async Task<Kubeconfig> LoadAsync(IReadOnlyList<string> paths, KubeEnvironment environment, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(paths);
        string[] files = [.. Find(paths, environment).Select(Path.GetFullPath)];
        var config = new Kubeconfig(files);
        bool any = false;
        foreach (string file in files)
        {
            if (await KubeconfigFile.ReadAsync(file, cancel).ConfigureAwait(false) is not { } root)
                continue;
            any = true;
            config.Add(root);
        }
        return any ? config : throw KubeconfigError.Empty(files[0]);
    }

    /// <summary>Reads a kubeconfig that is in no file.</summary>
    /// <exception cref="MeshException">As <see cref="LoadAsync(IReadOnlyList{string}, CancellationToken)"/>.</exception>
    internal static Kubeconfig Parse(KubeconfigText text)
    {
        var config = new Kubeconfig([]) { Where = $"The {text.Source}", Text = text };
        config.Add(KubeconfigFile.Parse(text) ?? throw KubeconfigError.Empty(text.Source));
        return config;
    }

    private void Add(KubeconfigMap root)
    {
        CurrentContext ??= root.Text("current-context");
        Clusters.AddFrom(root, "clusters", "cluster");
        Users.AddFrom(root, "users", "user");
        Contexts.AddFrom(root, "contexts", "context");
    }

    /// <summary>Whether there is any kubeconfig to load; when not, a pod's service account may serve.</summary>
    internal static bool Exists(IReadOnlyList<string> paths, KubeEnvironment environment) =>
        paths.Count > 0 || environment.KubeconfigVariable.Count > 0 || File.Exists(environment.DefaultKubeconfig);

    private static IReadOnlyList<string> Find(IReadOnlyList<string> paths, KubeEnvironment environment)
    {
        if (paths.Count > 0)
            return paths;
        if (environment.KubeconfigVariable is { Count: > 0 } listed)
            return listed.Where(Path.Exists).ToArray() is { Length: > 0 } existing ? existing : throw KubeconfigError.NoneOfVariable(listed);
        return File.Exists(environment.DefaultKubeconfig) ? [environment.DefaultKubeconfig] : throw KubeconfigError.NoDefault(environment.DefaultKubeconfig);
    }
}
