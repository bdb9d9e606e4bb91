using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;

namespace IstioAdmin.Core.Mesh;

/// <summary>Lists pods.</summary>
public static class MeshPods
{
    /// <summary>Lists pods.</summary>
    public static async IAsyncEnumerable<MeshPod> ListAsync(MeshCluster cluster, PodSelection selection, IReporter reporter, [EnumeratorCancellation] CancellationToken cancel)
    {
        string? token = "";
        while (token is not null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{KubeResource.Pods.Path(selection.Namespace)}?limit=500&labelSelector={selection.LabelSelector}&fieldSelector={(selection.Node is null ? "" : "spec.nodeName=" + selection.Node)}&continue={token}");
            using HttpResponseMessage response = await cluster.Client.SendAsync(request, KubeResource.Pods.Subject("list", selection.Namespace), cancel).ConfigureAwait(false);
            JsonNode list = JsonNode.Parse(await response.Content.ReadAsStringAsync(cancel).ConfigureAwait(false))!;
            foreach (JsonNode? item in list["items"]!.AsArray())
            {
                string ns = item!["metadata"]!["namespace"]!.ToString(), name = item["metadata"]!["name"]!.ToString();
                if (selection.NamespaceFilter?.Invoke(ns) is false || selection.NameFilter?.Invoke(name) is false)
                    continue;
                yield return new MeshPod
                {
                    Cluster = cluster.Name,
                    Namespace = ns,
                    Name = name,
                    Containers = [.. item["spec"]?["containers"]?.AsArray().Select(c => c!["name"]!.ToString()) ?? []],
                    InitContainers = [.. item["spec"]?["initContainers"]?.AsArray().Select(c => c!["name"]!.ToString()) ?? []],
                };
            }
            token = list["metadata"]?["continue"]?.ToString() is { Length: > 0 } next ? next : null;
        }
    }
}
