using System.Text.RegularExpressions;

namespace IstioAdmin.Core.Redirection.Sources.Node;

/// <summary>
/// Reads where a process belongs from a line of /proc/PID/cgroup. The shapes:
/// <list type="bullet">
/// <item>cgroupfs driver: <c>/kubepods/burstable/pod&lt;uid&gt;/&lt;id&gt;</c>, CRI-O <c>…/crio-&lt;id&gt;</c></item>
/// <item>systemd driver: <c>/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod&lt;uid with _&gt;.slice/cri-containerd-&lt;id&gt;.scope</c>,
/// with <c>crio-</c> or <c>docker-</c> for the other runtimes</item>
/// <item>containerd with the drivers mixed up: <c>/system.slice/containerd.service/kubepods-burstable-pod&lt;uid&gt;.slice:cri-containerd:&lt;id&gt;</c></item>
/// <item>a private cgroup namespace shows the path from its own place: <c>/../../pod&lt;uid&gt;/&lt;id&gt;</c>, <c>/../cri-containerd-&lt;id&gt;.scope</c></item>
/// <item>nodes and pods inside containers have all of that behind the path of the outer container</item>
/// </list>
/// The pod's uid of a static pod is another one than the API's: the hash of its manifest.
/// </summary>
internal static partial class CgroupPath
{
    /// <summary>The places that a line names, the outermost first; none for a process that watches a container (conmon).</summary>
    /// <param name="line">A line of /proc/PID/cgroup: number, controllers and path with colons between them.</param>
    public static IReadOnlyList<CgroupPlace> Parse(string line)
    {
        string[] parts = line.Split(':', 3);
        if (parts.Length < 3)
            return [];
        string[] names = parts[2].Split(['/', ':'], StringSplitOptions.RemoveEmptyEntries);
        // conmon sits beside its container, in the pod's cgroup but in the node's namespaces.
        if (names.Any(name => name.Contains("conmon", StringComparison.Ordinal)))
            return [];
        var places = new List<CgroupPlace>();
        string? pod = null;
        for (int i = 0; i < names.Length; i++)
        {
            if (PodName().Match(names[i]) is { Success: true } podMatch)
            {
                if (pod is not null)
                    places.Add(new(pod, null, Nested: true));
                pod = podMatch.Groups[1].Value.Replace('_', '-');
            }
            else if (ContainerName().Match(names[i]) is { Success: true } container)
            {
                places.Add(new(pod, container.Groups[1].Value, Nested: i < names.Length - 1));
                pod = null;
            }
        }
        if (pod is not null)
            places.Add(new(pod, null, Nested: false));
        return places;
    }

    // A uid, or the 32 digits of a static pod's hash.
    [GeneratedRegex(@"(?:^|-)pod([0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}|[0-9a-f]{32})(?:\.slice)?$", RegexOptions.CultureInvariant)]
    private static partial Regex PodName();

    [GeneratedRegex(@"(?:^|-)([0-9a-f]{64})(?:\.scope)?$", RegexOptions.CultureInvariant)]
    private static partial Regex ContainerName();
}

/// <summary>A place that a cgroup path names.</summary>
/// <param name="PodUid">Uid of the pod; null when the path does not say.</param>
/// <param name="ContainerId">Id of the container in it; null when the path ends at the pod.</param>
/// <param name="Nested">Whether the path goes on below: the process sits in a cgroup that the container made.</param>
internal sealed record CgroupPlace(string? PodUid, string? ContainerId, bool Nested);
