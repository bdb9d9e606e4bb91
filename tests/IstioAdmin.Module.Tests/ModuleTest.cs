using System.Management.Automation;
using IstioAdmin.Completion;
using IstioAdmin.Testing;

namespace IstioAdmin.Module.Tests;

/// <summary>A test in a shell of its own that begins and ends with nothing connected.</summary>
public abstract class ModuleTest : IDisposable
{
    protected ModuleTest()
    {
        DisconnectAll();
        Suggestions.Patience = Patience;
    }

    protected ModuleRunspace Shell { get; } = ModuleRunspace.Open();

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Long enough for the slowest machine; only a test that hangs waits for it.</summary>
    protected static TimeSpan Patience => TimeSpan.FromSeconds(60);

    public void Dispose()
    {
        DisconnectAll();
        Shell.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected PSObject Connect(MeshServer server, string? name = null) =>
        Shell.Run("$more = if ($args[1]) { @{ Name = $args[1] } } else { @{} }; Connect-MeshCluster -Kubeconfig $args[0] @more", server.Kubeconfig, name)
            .ThrowIfFailed().Output.Single();

    private void DisconnectAll() => Shell.Run("Get-MeshCluster | Disconnect-MeshCluster; Get-Pipeline | Disconnect-Pipeline").ThrowIfFailed();
}
