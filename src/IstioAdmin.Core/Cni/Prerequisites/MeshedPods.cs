using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using k8s.Models;

namespace IstioAdmin.Core.Cni.Prerequisites;

/// <summary>What the pods that redirect themselves tell: where they are, which kernels have done it, and which init containers they have.</summary>
/// <param name="Namespaces">Their number in each namespace.</param>
/// <param name="ProvenNodes">Nodes on which an istio-init has written its rules.</param>
/// <param name="Early">Application init containers that run before istio-init, one pod for each owner.</param>
internal sealed record MeshedPods(IReadOnlyDictionary<string, int> Namespaces, IReadOnlySet<string> ProvenNodes, IReadOnlyList<EarlyContainer> Early)
{
    private static readonly string[] OfIstio = ["istio-init", "istio-validation", "istio-proxy", "enable-core-dump"];

    /// <exception cref="MeshException">Pods could not be listed.</exception>
    public static async Task<MeshedPods> ReadAsync(MeshCluster cluster, IReporter reporter, CancellationToken cancel)
    {
        Dictionary<string, int> namespaces = [];
        HashSet<string> proven = [];
        Dictionary<(string, string), IReadOnlyList<EarlyContainer>> early = [];
        await foreach (MeshPod pod in MeshPods.ListAsync(cluster, new PodSelection { Full = true }, reporter, cancel).ConfigureAwait(false))
        {
            if (pod.RedirectMethod != RedirectMethod.InitContainer || !pod.Injected || pod.Phase is "Succeeded" or "Failed")
                continue;
            namespaces[pod.Namespace] = namespaces.GetValueOrDefault(pod.Namespace) + 1;
            V1Pod resource = await pod.GetResourceAsync(cancel).ConfigureAwait(false);
            if (pod.Node is { } node && resource.Status?.InitContainerStatuses?.Any(status => status.Name == "istio-init" && status.State?.Terminated?.ExitCode == 0) == true)
                proven.Add(node);
            early.TryAdd((pod.Namespace, pod.Owner?.ToString() ?? pod.Name), EarlyIn(pod, resource));
        }
        return new MeshedPods(namespaces, proven, [.. early.Values.SelectMany(containers => containers)]);
    }

    private static List<EarlyContainer> EarlyIn(MeshPod pod, V1Pod resource)
    {
        List<EarlyContainer> found = [];
        foreach (V1Container container in resource.Spec.InitContainers ?? [])
        {
            // Whatever runs after istio-init has its traffic redirected already, with no proxy to take it, and gets along.
            if (container.Name == "istio-init")
                return found;
            // After a native sidecar the proxy is up.
            if (container.Name == "istio-proxy" && container.RestartPolicy == "Always")
                return found;
            if (OfIstio.Contains(container.Name))
                continue;
            long? user = container.SecurityContext?.RunAsUser ?? resource.Spec.SecurityContext?.RunAsUser;
            if (user != 1337)
                found.Add(new EarlyContainer(pod.Namespace, pod.Name, container.Name, pod.Annotations.Keys.Any(key => key.StartsWith("traffic.sidecar.istio.io/excludeOutbound", StringComparison.Ordinal))));
        }
        return found;
    }
}

/// <summary>An application's init container that has the network to itself as long as istio-init comes after it.</summary>
/// <param name="Namespace">Namespace of a pod that has it.</param>
/// <param name="Pod">The pod.</param>
/// <param name="Container">The container.</param>
/// <param name="Excludes">Whether the pod excludes some outbound traffic, which may be the container's.</param>
internal sealed record EarlyContainer(string Namespace, string Pod, string Container, bool Excludes);
