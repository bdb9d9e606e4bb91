namespace IstioAdmin.Testing;

/// <summary>A control plane with one real node: containerd, kubelet and CNI; pods run in network namespaces of their own.</summary>
/// <remarks>
/// One at a time on a machine; starting a second one waits for the first to end. Needs root. There is no registry: the images are those
/// of tests/testbed/make-images.sh.
/// </remarks>
public sealed class MeshNode : IAsyncDisposable
{
    /// <summary>
    /// The collection (<c>[Collection(MeshNode.Collection)]</c>) of every test class that uses the node, so that the test that takes it down
    /// takes it from nobody.
    /// </summary>
    public const string Collection = "Node";

    private MeshNode(ControlPlane controlPlane) => ControlPlane = controlPlane;

    /// <summary>The control plane that the node has joined; it has no other.</summary>
    public ControlPlane ControlPlane { get; }

    /// <inheritdoc cref="ControlPlane.Kubeconfig"/>
    public string Kubeconfig => ControlPlane.Kubeconfig;

    internal static async Task<MeshNode> StartAsync(int? owner = null)
    {
        ControlPlane controlPlane = await ControlPlane.StartAsync(owner: owner);
        try
        {
            // Longer than the script waits for another node to end.
            await TestbedScripts.RunAsync("node-up.sh", TimeSpan.FromMinutes(40), controlPlane.Directory);
            return new MeshNode(controlPlane);
        }
        catch
        {
            await controlPlane.DisposeAsync();
            throw;
        }
    }

    /// <summary>Creates pods from files of tests/testbed/manifests ("cni" for cni.yaml) and returns when all pods of the namespace are ready.</summary>
    public async Task RunPodsAsync(string @namespace, params string[] manifests)
    {
        foreach (string manifest in manifests)
            await ControlPlane.ApplyAsync(await File.ReadAllTextAsync(Testbed.Manifest(manifest)), @namespace);
        await ControlPlane.KubectlAsync("wait", "pods", "--all", "--for=condition=Ready", "--timeout=90s", "--namespace", @namespace);
    }

    public ValueTask DisposeAsync() => ControlPlane.DisposeAsync();
}
