using System.Globalization;
using System.Text.Json;

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

    /// <inheritdoc cref="TestCluster.Kubeconfig"/>
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
        await ControlPlane.KubectlAsync("wait", "pods", "--all", "--for=condition=Ready", "--timeout=110s", "--namespace", @namespace);
    }

    /// <summary>
    /// Lays down what the node's CNI plugin runs in the network namespace of a pod before its containers start: a shell script. Pods without one
    /// get nothing. <c>NAME-*</c> stands for the pods of the Deployment NAME that have none of their own.
    /// </summary>
    public Task PutRulesAsync(string @namespace, string pod, string script) =>
        File.WriteAllTextAsync(Path.Combine(ControlPlane.Directory, "node", "rules", $"{@namespace}_{pod}"), script);

    /// <summary>Where the node's container runtime looks for CNI configurations; a change counts from the next pod on.</summary>
    public string CniDirectory => Path.Combine(ControlPlane.Directory, "node", "cni");

    /// <summary>Where it looks for CNI programs.</summary>
    public string CniProgramDirectory => Path.Combine(ControlPlane.Directory, "node", "cni-bin");

    /// <summary>The network namespaces of a namespace's running pods, by the pods' names.</summary>
    public async Task<IReadOnlyDictionary<string, PodNetwork>> NetworksAsync(string @namespace)
    {
        using JsonDocument list = JsonDocument.Parse(await ControlPlane.KubectlAsync("get", "pods", "--namespace", @namespace, "--output=json"));
        Dictionary<string, int> processes = NamespaceHolders();
        var networks = new Dictionary<string, PodNetwork>(StringComparer.Ordinal);
        foreach (JsonElement pod in list.RootElement.GetProperty("items").EnumerateArray())
        {
            JsonElement metadata = pod.GetProperty("metadata");
            string name = metadata.GetProperty("name").GetString()!;
            if (!processes.TryGetValue(metadata.GetProperty("uid").GetString()!, out int process) || !pod.GetProperty("status").TryGetProperty("podIPs", out JsonElement given))
                continue;
            string[] addresses = [.. given.EnumerateArray().Select(address => address.GetProperty("ip").GetString()!)];
            networks.Add(name, new PodNetwork(name, process, addresses[0], addresses.ElementAtOrDefault(1)));
        }
        return networks;
    }

    /// <summary>
    /// For each pod's uid the process that holds its namespaces, as long as its sandbox lives: the kubelet puts a pod's processes into cgroups
    /// <c>…/podUID/CONTAINER</c>, and a container's process may have the lower number, because the kernel's numbers start again.
    /// </summary>
    private static Dictionary<string, int> NamespaceHolders()
    {
        var processes = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out int process))
                continue;
            try
            {
                if (File.ReadAllText(Path.Combine(directory, "comm")).TrimEnd() != "pause")
                    continue;
                string? cgroup = File.ReadLines(Path.Combine(directory, "cgroup")).FirstOrDefault(line => line.Contains("/pod", StringComparison.Ordinal));
                string? uid = cgroup?.Split('/').FirstOrDefault(part => part.Length == 39 && part.StartsWith("pod", StringComparison.Ordinal))?[3..];
                if (uid is not null)
                    processes.TryAdd(uid, process);
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }
        }
        return processes;
    }

    public ValueTask DisposeAsync() => ControlPlane.DisposeAsync();
}
