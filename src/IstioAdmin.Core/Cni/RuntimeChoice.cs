namespace IstioAdmin.Core.Cni;

/// <summary>Which CNI configuration a container runtime uses for pods: the first by name.</summary>
/// <param name="Picked">The configuration; null when there is none that can be used.</param>
/// <param name="Broken">The file that keeps the runtime from going on; null when none does.</param>
/// <param name="Skipped">Files before the picked one that the runtime passes over because they are not valid.</param>
/// <remarks>
/// containerd reads the first file and gives up when that is broken (containerd/go-cni opts.go, loadFromConfDir with one network at most);
/// CRI-O passes over broken files (cri-o/ocicni pkg/ocicni/ocicni.go, loadNetworks), as the kubelet of Docker's days did.
/// </remarks>
internal sealed record RuntimeChoice(CniConfig? Picked, CniConfig? Broken, IReadOnlyList<CniConfig> Skipped)
{
    /// <summary>Makes the runtime's choice.</summary>
    /// <param name="configs">The directory's configurations, in the order of their names' bytes.</param>
    /// <param name="runtime">The node's <c>containerRuntimeVersion</c>, for example <c>containerd://1.7.2</c>; null when it is not known.</param>
    public static RuntimeChoice Make(IReadOnlyList<CniConfig> configs, string? runtime)
    {
        bool passesOver = runtime?.StartsWith("containerd", StringComparison.Ordinal) == false;
        List<CniConfig> skipped = [];
        foreach (CniConfig config in configs)
        {
            if (config.IsValid)
                return new RuntimeChoice(config, null, skipped);
            if (!passesOver)
                return new RuntimeChoice(null, config, skipped);
            skipped.Add(config);
        }
        return new RuntimeChoice(null, null, skipped);
    }
}
