using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Listing;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Mesh.Reading;
using IstioAdmin.Core.Redirection.Policies;
using k8s;

namespace IstioAdmin.Core.Tests.Mesh;

/// <summary>Reads pages of pods in tests.</summary>
internal static class PodReading
{
    public const string Json = "application/json";
    public const string Protobuf = "application/vnd.kubernetes.protobuf";

    /// <summary>A cluster that no request is made to.</summary>
    public static MeshCluster Cluster(params IstioInstallation[] istio) => Cluster(new Uri("https://cluster.invalid:6443/"), istio);

    public static MeshCluster Cluster(Uri server, params IstioInstallation[] istio) =>
        new(new KubeClient(new Kubernetes(new KubernetesClientConfiguration { Host = server.ToString() }), new KubeEndpoint("test", server, "tester", "default")))
        {
            Name = "test",
            Version = "v1.31.2",
            Provider = ClusterProvider.Unknown,
            Istio = istio,
        };

    public static MeshPod One(JsonObject pod, MeshCluster? cluster = null) => Assert.Single(Both([pod], cluster));

    /// <summary>Reads pods in both formats, checks that the results are the same, and returns them.</summary>
    public static IReadOnlyList<MeshPod> Both(IEnumerable<JsonObject> pods, MeshCluster? cluster = null, PodSelection? selection = null)
    {
        JsonObject list = PodJson.List(pods);
        IReadOnlyList<MeshPod> json = Read(Encoding.UTF8.GetBytes(list.ToJsonString()), Json, cluster, selection);
        IReadOnlyList<MeshPod> protobuf = Read(new PodWire().Encode(list), Protobuf, cluster, selection);
        Assert.Equal(json.Select(Describe), protobuf.Select(Describe));
        return json;
    }

    public static IReadOnlyList<MeshPod> Read(byte[] body, string mediaType, MeshCluster? cluster = null, PodSelection? selection = null, int segment = int.MaxValue) =>
        Page(body, mediaType, cluster, selection, segment).Items.ToList();

    public static ListPage<MeshPod> Page(byte[] body, string mediaType, MeshCluster? cluster = null, PodSelection? selection = null, int segment = int.MaxValue) =>
        new PodPageReader(cluster ?? Cluster(), selection ?? new()).Read(Segmented(body, segment), mediaType);

    /// <summary>Everything a pod shows, but for its complete object.</summary>
    public static string Describe(MeshPod pod) => string.Join("\n", new[]
    {
        $"{pod.Cluster} {pod} {pod.Uid} {pod.Node} {pod.Phase} {pod.Owner} ready={pod.Ready} injected={pod.Injected} {pod.IstioVersion}",
        $"{pod.RedirectMethod} expected={pod.RedirectionExpected}",
        Join(pod.PodIPs), Join(pod.Containers), Join(pod.InitContainers), Join(pod.NetAdmin),
        Join(pod.Labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}")),
        Join(pod.Annotations.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}")),
        Join(pod.RedirectionConditions.Select(c => c.ToString())),
        Join(pod.ContainerIds.Select(id => $"{id.Key}={id.Value}")),
        $"{pod.Traffic.RunAsUser} {pod.Traffic.RunAsGroup}",
        Join(pod.Traffic.Containers.Select(Describe)),
    });

    private static string Describe(ContainerTraffic container) =>
        $"{container.Name} {container.IsInit} {container.RunAsUser} {container.RunAsGroup} [{Join(container.Command)}] [{Join(container.Arguments)}] "
        + $"[{Join(container.Environment.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{e.Key}={e.Value}"))}] [{Join(container.Ports.Select(p => $"{p.Number}/{p.Protocol}"))}]";

    private static string Join(IEnumerable<string> values) => string.Join(" | ", values);

    private static ReadOnlySequence<byte> Segmented(byte[] body, int size)
    {
        if (body.Length <= size)
            return new(body);
        Segment? first = null, last = null;
        for (int at = 0; at < body.Length; at += size)
        {
            var memory = new ReadOnlyMemory<byte>(body, at, Math.Min(size, body.Length - at));
            last = last is null ? first = new(memory, 0) : last.Append(memory);
        }
        return new(first!, 0, last!, last!.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long index)
        {
            Memory = memory;
            RunningIndex = index;
        }

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
