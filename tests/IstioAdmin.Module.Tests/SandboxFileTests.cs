using System.Management.Automation;
using IstioAdmin.Testing;

namespace IstioAdmin.Module.Tests;

/// <summary>A sandbox that keeps its state in a file, as somebody at the prompt has it.</summary>
public sealed class SandboxFileTests : ModuleTest, IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sandbox-file-").FullName;

    private string File => Path.Combine(_folder, "shop.json");

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        Shell.Run("Stop-MeshSandbox");
        Dispose();
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void It_is_there_again_after_Stop_and_Start()
    {
        Shell.Run("$null = Start-MeshSandbox shop -Nodes 2 -Path $args[0]", File).ThrowIfFailed();
        Shell.Run("$null = Get-MeshSandbox | Connect-MeshCluster; Set-MeshSandboxFault LoadBalancerPending").ThrowIfFailed();
        Assert.Equal("SandboxSnapshotInUse,IstioAdmin.Commands.StartMeshSandboxCommand", Only(Shell.Run("Start-MeshSandbox other -Path $args[0]", File)).FullyQualifiedErrorId);
        Shell.Run("Get-MeshCluster | Disconnect-MeshCluster; Stop-MeshSandbox shop").ThrowIfFailed();
        Assert.True(System.IO.File.Exists(File));

        // Relative to where the shell is, and under the name that it had.
        PSObject again = Assert.Single(Shell.Run("$null = $ExecutionContext.SessionState.Path.SetLocation($args[0]); Start-MeshSandbox -Path shop.json", _folder).ThrowIfFailed().Output);
        Assert.Equal(("shop", 2, File), (again.Properties["Name"].Value, again.Properties["Nodes"].Value, again.Properties["Path"].Value));
        Assert.Equal("LoadBalancerPending", $"{Assert.Single(Shell.Run("(Get-MeshSandbox).Faults").ThrowIfFailed().Output)}");
        Shell.Run("(Get-MeshSandbox).Save()").ThrowIfFailed();
    }

    [Fact]
    public void A_file_of_something_else_is_named_and_left_alone()
    {
        System.IO.File.WriteAllText(File, "not a sandbox");
        ErrorRecord refused = Only(Shell.Run("Start-MeshSandbox -Path $args[0]", File));
        Assert.Equal("SandboxSnapshotUnreadable,IstioAdmin.Commands.StartMeshSandboxCommand", refused.FullyQualifiedErrorId);
        Assert.Contains(File, refused.ToString(), StringComparison.Ordinal);
        Assert.Contains("another -Path", refused.ErrorDetails?.RecommendedAction ?? "", StringComparison.Ordinal);
        Assert.Equal("not a sandbox", System.IO.File.ReadAllText(File));
        Assert.Empty(Shell.Run("Get-MeshSandbox").ThrowIfFailed().Output);
    }

    private static ErrorRecord Only(ScriptResult result) => result.TerminatingError ?? Assert.Single(result.Errors);
}
