using k8s.Models;

namespace IstioAdmin.Core.Cni;

/// <summary>Which directories of its node an agent pod sees, and where; its own specification tells.</summary>
/// <remarks>
/// Volumes: istio/istio manifests/charts/istio-cni/templates/daemonset.yaml (cni-net-dir, cni-bin-dir, cni-socket-dir); the same names since
/// istio/cni release-1.1 deployments/kubernetes/install/manifests/istio-cni.yaml.
/// </remarks>
internal sealed class AgentMounts
{
    private readonly List<(string Host, string Inside)> _mounts = [];

    private AgentMounts(string container) => Container = container;

    /// <summary>The container that has them.</summary>
    public string Container { get; }

    /// <summary>The directory of CNI configurations, on the node.</summary>
    public string ConfDirectory { get; private set; } = "/etc/cni/net.d";

    /// <summary>The directory of CNI plugins, on the node.</summary>
    public string BinDirectory { get; private set; } = "/opt/cni/bin";

    /// <summary>The agent's own directory, on the node; null in releases that had none.</summary>
    public string? RunDirectory { get; private set; }

    public static AgentMounts Of(V1PodSpec spec)
    {
        V1Container container = spec.Containers.FirstOrDefault(c => c.Name == "install-cni")
            ?? spec.Containers.FirstOrDefault(c => c.VolumeMounts?.Any(mount => mount.Name == "cni-net-dir") == true)
            ?? spec.Containers[0];
        var found = new AgentMounts(container.Name);
        foreach (V1VolumeMount mount in container.VolumeMounts ?? [])
        {
            if (spec.Volumes?.FirstOrDefault(volume => volume.Name == mount.Name)?.HostPath?.Path is not { } host)
                continue;
            found._mounts.Add((host.TrimEnd('/'), mount.MountPath.TrimEnd('/')));
            if (mount.Name == "cni-net-dir")
                found.ConfDirectory = host.TrimEnd('/');
            if (mount.Name == "cni-bin-dir")
                found.BinDirectory = host.TrimEnd('/');
            if (mount.Name == "cni-socket-dir")
                found.RunDirectory = host.TrimEnd('/');
        }
        return found;
    }

    /// <summary>Where a path of the node is in the container; null when the container does not see it.</summary>
    public string? Inside(string host) => _mounts
        .Where(mount => host == mount.Host || host.StartsWith(mount.Host + "/", StringComparison.Ordinal))
        .OrderByDescending(mount => mount.Host.Length)
        .Select(mount => mount.Inside + host[mount.Host.Length..])
        .FirstOrDefault();
}
