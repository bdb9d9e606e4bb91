using System.Net;
using IstioAdmin.Testing.Pipeline;

namespace IstioAdmin.Module.Tests.PkeAccess;

/// <summary>A test with a connected Pipeline that has a cluster 'demo', and a folder of its own.</summary>
public abstract class AccessTest : ModuleTest, IAsyncLifetime
{
    private protected string Folder { get; } = Directory.CreateTempSubdirectory("istioadmin-").FullName;

    private protected string Config => Path.Combine(Folder, "config");

    private protected PipelineServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Server = await PipelineServer.StartAsync();
        Server.AddCluster("demo");
        Shell.Run("Connect-Pipeline -Endpoint $args[0] -Token $args[1] -Organization team", Server.Uri.ToString(), new NetworkCredential("", Server.Token).SecurePassword).ThrowIfFailed();
    }

    public async ValueTask DisposeAsync()
    {
        Shell.Run("Get-Pipeline | Disconnect-Pipeline");
        Dispose();
        await Server.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
        Assert.Empty(Server.Unknown);
    }

    private protected static object? Of(System.Management.Automation.PSObject shown, string property) => shown.Properties[property].Value;
}
