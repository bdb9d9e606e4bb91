using IstioAdmin.Testing;

namespace IstioAdmin.Cluster.Tests;

/// <summary>The sandbox in the place of the real API server, for tests that are to say the same of both; started when the first test asks for it.</summary>
public sealed class SandboxClusters : ITestClusters, IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1);
    private SandboxPlane? _shared;

    /// <inheritdoc/>
    public async Task<TestCluster> SharedAsync()
    {
        await _gate.WaitAsync();
        try
        {
            return _shared ??= await SandboxPlane.StartAsync();
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public async Task<TestCluster> StartOwnAsync() => await SandboxPlane.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_shared is not null)
            await _shared.DisposeAsync();
        _gate.Dispose();
    }
}
