using k8s;
using k8s.KubeConfigModels;

namespace IstioAdmin.Core.Kube.Connecting;

/// <summary>Kubeconfig files, merged.</summary>
public sealed class Kubeconfig
{
    private Kubeconfig(K8SConfiguration model) => Model = model;

    internal K8SConfiguration Model { get; }

    /// <summary>Names of its contexts.</summary>
    public IReadOnlyList<string> ContextNames => [.. Model.Contexts.Select(c => c.Name)];

    /// <summary>The current context.</summary>
    public string? CurrentContext => Model.CurrentContext;

    /// <summary>Loads files.</summary>
    public static async Task<Kubeconfig> LoadAsync(IReadOnlyList<string> paths, CancellationToken cancel)
    {
        string path = paths.Count > 0 ? paths[0] : Environment.GetEnvironmentVariable("KUBECONFIG") ?? "/nonexistent";
        if (!File.Exists(path))
            throw new MeshException("KubeconfigNotFound", FailureKind.NotFound, $"Kubeconfig '{path}' does not exist.", "Give the path of a kubeconfig file to -Kubeconfig.", path);
        await Task.Yield();
        return new Kubeconfig(await KubernetesClientConfiguration.LoadKubeConfigAsync(new FileInfo(path)).ConfigureAwait(false));
    }
}
