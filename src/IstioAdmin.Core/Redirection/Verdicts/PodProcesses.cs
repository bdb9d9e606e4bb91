using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Sources;

namespace IstioAdmin.Core.Redirection.Verdicts;

/// <summary>The ids that a pod's application runs with.</summary>
internal static class PodProcesses
{
    /// <summary>
    /// The processes of all containers but the proxy: as the node saw them, or else as the specification says. Without runAsGroup the
    /// group is 0, as container runtimes have it for a user that the image does not know.
    /// </summary>
    public static IEnumerable<PodProcess> OfApplication(MeshPod pod, PodRules rules)
    {
        PodProcess[] seen = [.. rules.Processes.Where(process => process.Container is { } name && name != IstioNames.ProxyContainer && pod.Containers.Contains(name))];
        IEnumerable<PodProcess> specified =
            from container in pod.Traffic.Applications
            where !Array.Exists(seen, process => process.Container == container.Name)
            let user = pod.Traffic.UserOf(container)
            where user is >= 0 and <= uint.MaxValue
            select new PodProcess(container.Name, (uint)user.Value, (uint)(pod.Traffic.GroupOf(container) ?? 0));
        return seen.Concat(specified);
    }
}
