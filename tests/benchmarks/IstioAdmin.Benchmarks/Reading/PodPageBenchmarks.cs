using System.Buffers;
using System.Net.Http.Headers;
using BenchmarkDotNet.Attributes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh.Reading;
using k8s;
using k8s.Models;

namespace IstioAdmin.Benchmarks.Reading;

/// <summary>
/// Reading one page of 500 pods, fetched beforehand from the server that <c>ISTIOADMIN_BENCH_KUBECONFIG</c> names: what the reader costs
/// without server and wire.
/// </summary>
[InProcess]
[MemoryDiagnoser]
public class PodPageBenchmarks
{
    private const string Json = "application/json";
    private const string Protobuf = "application/vnd.kubernetes.protobuf";

    private MeshCluster? _cluster;
    private byte[] _json = [];
    private byte[] _protobuf = [];

    [GlobalSetup]
    public async Task FetchAsync()
    {
        _cluster = await Connection.OpenAsync(Environment.GetEnvironmentVariable("ISTIOADMIN_BENCH_KUBECONFIG")
            ?? throw new InvalidOperationException("Set ISTIOADMIN_BENCH_KUBECONFIG to a seeded server's kubeconfig."));
        _json = await FetchAsync(Json);
        _protobuf = await FetchAsync(Protobuf);
    }

    [GlobalCleanup]
    public void Close() => _cluster?.Client.Dispose();

    [Benchmark(Baseline = true, Description = "JSON, typed client's model")]
    public int Typed()
    {
        using var bytes = new MemoryStream(_json);
        return KubernetesJson.Deserialize<V1PodList>(bytes).Items.Count;
    }

    [Benchmark(Description = "JSON, PodPageReader")]
    public int FromJson() => Read(_json, Json);

    [Benchmark(Description = "protobuf, PodPageReader")]
    public int FromProtobuf() => Read(_protobuf, Protobuf);

    private int Read(byte[] body, string mediaType) => new PodPageReader(_cluster!, new()).Read(new ReadOnlySequence<byte>(body), mediaType).Items.Count();

    private async Task<byte[]> FetchAsync(string accept)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(KubeResource.Pods.Path() + "?limit=500", UriKind.Relative));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(accept));
        using HttpResponseMessage response = await _cluster!.Client.SendAsync(request, KubeResource.Pods.Subject("list"), CancellationToken.None);
        return await response.Content.ReadAsByteArrayAsync();
    }
}
