using System.Diagnostics;
using System.Text.Json;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using k8s;
using k8s.Models;

namespace IstioAdmin.Benchmarks.Listing;

/// <summary>One listing in a process of its own, so that its memory can be told; prints a <see cref="Measurement"/> as JSON.</summary>
internal static class ListOnce
{
    public const string Verb = "list-once";

    public static async Task RunAsync(Options options)
    {
        Measurement result = options.Text("with") switch
        {
            "typed" => await TypedAsync(options),
            "full" => await MeshAsync(options, new PodSelection { Full = true }),
            "first-thousand" => await MeshAsync(options, new PodSelection(), take: 1000),
            "kept" => await MeshAsync(options, new PodSelection(), keep: true),
            _ => await MeshAsync(options, new PodSelection()),
        };
        Console.WriteLine(JsonSerializer.Serialize(result));
    }

    /// <summary>As the cmdlet does: streamed to somebody who lets the pods go, or keeps them, as a variable does.</summary>
    private static async Task<Measurement> MeshAsync(Options options, PodSelection selection, int take = int.MaxValue, bool keep = false)
    {
        MeshCluster cluster = await Connection.OpenAsync(options.Kubeconfig);
        using KubeClient client = cluster.Client;
        var clock = Stopwatch.StartNew();
        int items = 0;
        double? first = null;
        var kept = new List<MeshPod>();
        await foreach (MeshPod pod in MeshPods.ListAsync(cluster, selection, new Connection(), CancellationToken.None))
        {
            first ??= clock.Elapsed.TotalSeconds;
            if (keep)
                kept.Add(pod);
            if (++items == take)
                break;
        }
        double seconds = clock.Elapsed.TotalSeconds;
        GC.KeepAlive(kept);
        return new(items, seconds, first, PeakBytes());
    }

    /// <summary>The typed client's list, whole, for comparison.</summary>
    private static async Task<Measurement> TypedAsync(Options options)
    {
        using var client = new Kubernetes(KubernetesClientConfiguration.BuildConfigFromConfigFile(options.Kubeconfig));
        var clock = Stopwatch.StartNew();
        V1PodList pods = await client.CoreV1.ListPodForAllNamespacesAsync();
        return new(pods.Items.Count, clock.Elapsed.TotalSeconds, null, PeakBytes());
    }

    private static long PeakBytes()
    {
        using var self = Process.GetCurrentProcess();
        return self.PeakWorkingSet64;
    }
}
