using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Redirection.Sources.Node;

/// <summary>The ids of a pod's containers.</summary>
internal static class PodContainerIds
{
    /// <summary>Names of the pod's containers by their ids, without the runtime in front.</summary>
    public static IReadOnlyDictionary<string, string> Of(MeshPod pod)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((string name, string id) in pod.ContainerIds)
            names[id[(id.IndexOf("://", StringComparison.Ordinal) is var at and >= 0 ? at + 3 : 0)..]] = name;
        return names;
    }
}
