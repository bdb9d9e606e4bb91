using IstioAdmin.Testing;

namespace IstioAdmin.Module.Tests;

/// <summary>A test with a shell that is connected to a <see cref="FakeCluster"/>.</summary>
public abstract class ClusterTest : ModuleTest, IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("istioadmin-").FullName;

    private protected FakeCluster Server { get; private set; } = null!;

    private protected string Kubeconfig => Path.Combine(_folder, "config");

    public async ValueTask InitializeAsync()
    {
        Server = await FakeCluster.StartAsync();
        Arrange();
        Shell.Run("Connect-MeshCluster -Kubeconfig $args[0]", Server.Server.WriteKubeconfig(Kubeconfig)).ThrowIfFailed();
    }

    public async ValueTask DisposeAsync()
    {
        Dispose();
        await Server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Puts what must be there when the shell connects.</summary>
    private protected virtual void Arrange()
    {
    }
}
