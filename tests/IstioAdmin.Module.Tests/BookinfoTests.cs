using System.Management.Automation;
using IstioAdmin.Testing;

namespace IstioAdmin.Module.Tests;

/// <summary>Install-Bookinfo and Remove-Bookinfo as an administrator types them.</summary>
public sealed class BookinfoTests : ModuleTest, IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("istioadmin-").FullName;
    private FakeObjectServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeObjectServer.StartAsync();
        Shell.Run("Connect-MeshCluster -Kubeconfig $args[0]", _server.WriteKubeconfig(Path.Combine(_folder, "config"))).ThrowIfFailed();
    }

    public async ValueTask DisposeAsync()
    {
        Dispose();
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Installing_returns_the_sample_and_installing_again_changes_nothing()
    {
        PSObject first = Sample("Install-Bookinfo demo");
        PSObject second = Sample("Install-Bookinfo demo");

        Assert.Equal((true, true, "1.20.3"), (first.Properties["Ready"].Value, first.Properties["Changed"].Value, first.Properties["Version"].Value));
        Assert.Equal((true, false), (second.Properties["Ready"].Value, second.Properties["Changed"].Value));
        Assert.Equal(14, _server.Writes.Count());
    }

    [Theory]
    [InlineData("Install-Bookinfo demo -WhatIf")]
    [InlineData("Install-Bookinfo demo -Version 1.16.4 -NoWait -WhatIf")]
    public void WhatIf_writes_nothing_and_returns_nothing(string command)
    {
        ScriptResult result = Shell.Run(command).ThrowIfFailed();

        Assert.Empty(result.Output);
        Assert.Empty(_server.Writes);
    }

    [Fact]
    public async Task WhatIf_names_every_object()
    {
        ConsoleRun run = await ConsoleRun.CommandAsync($"Connect-MeshCluster -Kubeconfig '{Path.Combine(_folder, "config")}' | Out-Null; Install-Bookinfo demo -WhatIf");

        Assert.Equal(14, run.OutputLines.Count(line => line.Contains("\"Create\"", StringComparison.Ordinal)));
        Assert.Contains(run.OutputLines, line => line.Contains("Deployment demo/reviews-v1", StringComparison.Ordinal));
        Assert.Empty(_server.Writes);
    }

    [Fact]
    public void WhatIf_does_not_wait_for_what_is_installed_already()
    {
        _server.RollsOut = false;
        Sample("Install-Bookinfo demo -NoWait");

        Assert.Empty(Shell.Run("Install-Bookinfo demo -WhatIf").ThrowIfFailed().Output);
        Assert.Empty(Shell.Run("$WhatIfPreference = $true; Install-Bookinfo demo").ThrowIfFailed().Output);
    }

    [Fact]
    public void WhatIf_removes_nothing()
    {
        Sample("Install-Bookinfo demo");

        Assert.Empty(Shell.Run("Remove-Bookinfo demo -WhatIf").ThrowIfFailed().Output);
        Assert.Equal(15, _server.Paths.Count);
    }

    [Fact]
    public void An_installed_sample_can_be_piped_to_its_removal()
    {
        PSObject removed = Sample("Install-Bookinfo demo | Remove-Bookinfo");

        Assert.Equal(true, removed.Properties["Changed"].Value);
        Assert.Equal(["/api/v1/namespaces/demo"], _server.Paths);
    }

    [Fact]
    public void Waiting_in_vain_is_an_error_that_explains_itself()
    {
        _server.RollsOut = false;

        ErrorRecord error = Assert.Single(Shell.Run("Install-Bookinfo demo -Timeout 5").Errors);

        Assert.Equal("RolloutTimedOut,IstioAdmin.Commands.InstallBookinfoCommand", error.FullyQualifiedErrorId);
        Assert.Equal(ErrorCategory.OperationTimeout, error.CategoryInfo.Category);
        Assert.Contains("details-v1", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("-Timeout", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void Not_waiting_returns_at_once()
    {
        _server.RollsOut = false;

        Assert.Equal(false, Sample("Install-Bookinfo demo -NoWait").Properties["Ready"].Value);
    }

    [Fact]
    public void A_version_that_is_none_ends_the_command()
    {
        // Only what ends the command can be caught.
        ScriptResult result = Shell.Run("try { Install-Bookinfo demo -Version latest } catch { $_.FullyQualifiedErrorId }");

        Assert.Equal("BookinfoVersionInvalid,IstioAdmin.Commands.InstallBookinfoCommand", Assert.Single(result.Output).BaseObject);
    }

    [Fact]
    public void Versions_complete_with_the_known_ones() => Assert.Equal(["1.16.2", "1.16.4"], Shell.Complete("Install-Bookinfo -Version 1.16"));

    private PSObject Sample(string command) => Assert.Single(Shell.Run(command).ThrowIfFailed().Output);
}
