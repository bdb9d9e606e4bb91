using IstioAdmin.Core.Kube;
using k8s;
using k8s.Models;

namespace IstioAdmin.Core.Workloads;

/// <summary>What events say of pods whose own status says nothing: of sandboxes, CNI plugins and volumes.</summary>
internal static class StartWarnings
{
    /// <summary>The newest warning about each of the pods that is still being started.</summary>
    /// <exception cref="MeshException">Events could not be listed.</exception>
    public static async Task<IReadOnlyList<string>> ReadAsync(KubeClient client, string ns, IEnumerable<V1Pod> pods, CancellationToken cancel)
    {
        HashSet<string> starting = [.. pods.Where(PodObstacle.IsStarting).Select(pod => pod.Metadata.Uid)];
        if (starting.Count == 0)
            return [];
        Corev1EventList events = await client.CallAsync(
            () => client.Api.CoreV1.ListNamespacedEventAsync(ns, fieldSelector: "type=Warning,involvedObject.kind=Pod", cancellationToken: cancel),
            new KubeSubject("list", "events", ns), cancel).ConfigureAwait(false);
        return [.. events.Items
            .Where(item => starting.Contains(item.InvolvedObject.Uid))
            .GroupBy(item => item.InvolvedObject.Name)
            .Select(group => group.MaxBy(item => item.LastTimestamp ?? item.EventTime ?? item.Metadata.CreationTimestamp)!)
            .Select(item => $"pod {item.InvolvedObject.Name}: {item.Reason}: {item.Message}")];
    }
}
