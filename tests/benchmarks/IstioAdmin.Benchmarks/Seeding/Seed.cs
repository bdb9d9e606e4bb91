using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Core.Kube;

namespace IstioAdmin.Benchmarks.Seeding;

/// <summary>
/// Fills a real API server with injected pods of about 10 KB of JSON each, spread over namespaces and nodes. Nothing runs them: start the
/// server without controller manager, scheduler and kubelet, or they will clear the pods away.
/// </summary>
internal static class Seed
{
    private const int Nodes = 50;

    // The server works on two cores or so; more requests at once only queue.
    private const int AtOnce = 16;

    public static async Task RunAsync(Options options)
    {
        int pods = options.Number("pods", 10_000), namespaces = options.Number("namespaces", 20);
        MeshCluster cluster = await Connection.OpenAsync(options.Kubeconfig);
        using KubeClient client = cluster.Client;
        var clock = Stopwatch.StartNew();

        await ForEachAsync(Nodes, node => CreateAsync(client, KubeResource.Nodes, null, SeededPod.Node(node)));
        await ForEachAsync(namespaces, async ns =>
        {
            await CreateAsync(client, KubeResource.Namespaces, null, SeededPod.Named(SeededPod.Namespace(ns)));
            // Admission wants it, and the controller that would make it is not there.
            await CreateAsync(client, new KubeResource("", "v1", "serviceaccounts", "ServiceAccount", true), SeededPod.Namespace(ns), SeededPod.Named("default"));
        });
        long bytes = 0;
        await ForEachAsync(pods, async index =>
        {
            var pod = new SeededPod(index, SeededPod.Namespace(index % namespaces), $"node-{index % Nodes}");
            await CreateAsync(client, KubeResource.Pods, pod.NamespaceName, pod.Create());
            Interlocked.Add(ref bytes, await PutStatusAsync(client, pod));
        });
        Console.WriteLine($"{pods} pods in {namespaces} namespaces, {bytes / 1e6:F0} MB of JSON, in {clock.Elapsed.TotalSeconds:F0} s");
    }

    private static Task ForEachAsync(int count, Func<int, Task> work) =>
        Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (index, _) => await work(index));

    private static async Task CreateAsync(KubeClient client, KubeResource resource, string? ns, JsonObject manifest)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(resource.Path(ns), UriKind.Relative)) { Content = Body(manifest, "application/json") };
        try
        {
            using HttpResponseMessage response = await client.SendAsync(request, resource.Subject("create", ns), CancellationToken.None);
        }
        catch (MeshException e) when (e.Kind == FailureKind.Conflict)
        {
            // It is there from an earlier run.
        }
    }

    /// <summary>Returns the size of the pod's JSON.</summary>
    private static async Task<int> PutStatusAsync(KubeClient client, SeededPod pod)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, new Uri(KubeResource.Pods.Path(pod.NamespaceName, pod.Name, "status"), UriKind.Relative))
        {
            Content = Body(pod.Status(), "application/merge-patch+json"),
        };
        using HttpResponseMessage response = await client.SendAsync(request, KubeResource.Pods.Subject("patch", pod.NamespaceName, pod.Name, "status"), CancellationToken.None);
        return (await response.Content.ReadAsByteArrayAsync()).Length;
    }

    private static StringContent Body(JsonObject manifest, string mediaType) => new(manifest.ToJsonString(), Encoding.UTF8, mediaType);
}
