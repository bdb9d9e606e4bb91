using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Commands;

/// <summary>Pods that are known already, for those who take them as they are listed.</summary>
internal static class PodStream
{
    /// <summary>The pods, one after the other.</summary>
    public static async IAsyncEnumerable<MeshPod> Of(IEnumerable<MeshPod> pods)
    {
        await Task.CompletedTask;
        foreach (MeshPod pod in pods)
            yield return pod;
    }
}
