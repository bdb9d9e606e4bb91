using System.Text.Json;
using System.Text.Json.Nodes;
using BenchmarkDotNet.Attributes;

namespace IstioAdmin.Benchmarks.Sandboxes;

/// <summary>500 pods created through the sandbox's API, next to reading and writing their manifests.</summary>
[InProcess]
[MemoryDiagnoser]
public class SandboxCreateBenchmarks
{
    private readonly byte[][] _bodies = SandboxWorld.Bodies(500);
    private HttpClient _client = null!;

    [IterationSetup]
    public void Start() => _client = SandboxWorld.StartAsync().GetAwaiter().GetResult();

    [Benchmark(Baseline = true, Description = "manifests read and written")]
    public int Manifests() => _bodies.Sum(body => JsonSerializer.SerializeToUtf8Bytes((JsonNode?)JsonNode.Parse(body)!.DeepClone()).Length);

    [Benchmark(Description = "POST pods")]
    public async Task CreateAsync()
    {
        foreach (byte[] body in _bodies)
            await SandboxWorld.PostAsync(_client, SandboxWorld.Pods, body);
    }

    [IterationCleanup]
    public void Close() => _client.Dispose();
}
