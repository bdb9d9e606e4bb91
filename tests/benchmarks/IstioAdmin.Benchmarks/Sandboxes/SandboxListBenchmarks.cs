using System.Text.Json;
using System.Text.Json.Nodes;
using BenchmarkDotNet.Attributes;

namespace IstioAdmin.Benchmarks.Sandboxes;

/// <summary>A list of 10,000 pods as the sandbox's API answers it, next to writing the same list out of objects in memory.</summary>
[InProcess]
[MemoryDiagnoser]
public class SandboxListBenchmarks
{
    private HttpClient _client = null!;
    private JsonNode _list = null!;

    [GlobalSetup]
    public async Task CreateAsync()
    {
        _client = await SandboxWorld.StartAsync();
        foreach (byte[] body in SandboxWorld.Bodies(10_000))
            await SandboxWorld.PostAsync(_client, SandboxWorld.Pods, body);
        _list = JsonNode.Parse(await _client.GetByteArrayAsync("/api/v1/pods"))!;
        // Looked into once, so that it is objects and no longer text.
        _ = JsonNode.DeepEquals(_list, _list.DeepClone());
    }

    [Benchmark(Baseline = true, Description = "JsonNode to bytes")]
    public int Serialized() => JsonSerializer.SerializeToUtf8Bytes(_list).Length;

    [Benchmark(Description = "GET /api/v1/pods")]
    public async Task<int> ListAsync() => (await _client.GetByteArrayAsync("/api/v1/pods")).Length;

    [Benchmark(Description = "GET /api/v1/pods, pages of 500")]
    public async Task<int> PagesAsync()
    {
        int length = 0;
        string next = "";
        do
        {
            byte[] page = await _client.GetByteArrayAsync($"/api/v1/pods?limit=500{next}");
            length += page.Length;
            next = Continue(page) is { Length: > 0 } token ? $"&continue={Uri.EscapeDataString(token)}" : "";
        }
        while (next.Length > 0);
        return length;
    }

    [GlobalCleanup]
    public void Close() => _client.Dispose();

    // The list's metadata come first.
    private static string? Continue(byte[] page)
    {
        var reader = new Utf8JsonReader(page);
        while (reader.Read() && !(reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("items"u8)))
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("continue"u8))
            {
                reader.Read();
                return reader.GetString();
            }
        }
        return null;
    }
}
