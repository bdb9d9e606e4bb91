using System.Management.Automation;
using IstioAdmin.Testing;

namespace IstioAdmin.Module.Tests;

/// <summary>The cmdlets for operators as an administrator types them.</summary>
public sealed class OperatorTests : ModuleTest, IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("istioadmin-").FullName;
    private FakeObjectServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeObjectServer.StartAsync();
        _server.Version = "v1.20.2";
        _server.Served.Add(("apiextensions.k8s.io/v1", "customresourcedefinitions", "CustomResourceDefinition", false));
        Shell.Run("Connect-MeshCluster -Kubeconfig $args[0]", _server.WriteKubeconfig(Path.Combine(_folder, "config"))).ThrowIfFailed();
    }

    public async ValueTask DisposeAsync()
    {
        Dispose();
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Installing_returns_the_operator_and_installing_again_changes_nothing()
    {
        PSObject first = Operator("Install-IstioOperator -Distribution Banzai");
        int writes = _server.Writes.Count();
        PSObject second = Operator("Install-IstioOperator Banzai");

        Assert.Equal((true, "Banzai", "0.1.21"), (first.Properties["Ready"].Value, first.Properties["Distribution"].Value, first.Properties["Version"].Value));
        Assert.Equal(true, second.Properties["Ready"].Value);
        Assert.Equal((8, 8), (writes, _server.Writes.Count()));
    }

    [Theory]
    [InlineData("Install-IstioOperator Banzai -WhatIf")]
    [InlineData("Install-IstioOperator Cisco -NoWait -WhatIf")]
    [InlineData("$WhatIfPreference = $true; Install-IstioOperator Banzai")]
    public void WhatIf_writes_nothing_and_returns_nothing(string command)
    {
        Assert.Empty(Shell.Run(command).ThrowIfFailed().Output);
        Assert.Empty(_server.Writes);
    }

    [Fact]
    public void Removing_asks_for_each_object_unless_told_not_to()
    {
        Operator("Install-IstioOperator Banzai");
        int before = _server.Paths.Count;

        Assert.Empty(Shell.Run("Uninstall-IstioOperator Banzai -WhatIf").ThrowIfFailed().Output);
        Assert.Equal(before, _server.Paths.Count);
        Assert.Equal("High", $"{Shell.Run("([System.Management.Automation.CmdletAttribute](Get-Command Uninstall-IstioOperator).ImplementingType.GetCustomAttributes([System.Management.Automation.CmdletAttribute], $true)[0]).ConfirmImpact").ThrowIfFailed().Output[^1]}");
    }

    [Fact]
    public void A_found_operator_can_be_piped_to_its_update_and_its_removal()
    {
        Operator("Install-IstioOperator Banzai");

        PSObject updated = Operator("Get-IstioOperator | Update-IstioOperator -Version 1.2");
        PSObject removed = Operator("Get-IstioOperator -Distribution Banzai | Uninstall-IstioOperator -IncludeCrd -IncludeNamespace -Confirm:$false");

        Assert.Equal("0.2.8", updated.Properties["Version"].Value);
        Assert.Equal("removed", removed.Properties["Message"].Value);
        Assert.Equal(["/api/v1/namespaces/demo"], _server.Paths);
        Assert.Empty(Shell.Run("Get-IstioOperator").ThrowIfFailed().Output);
    }

    [Fact]
    public void An_unsupported_Kubernetes_is_an_error_with_the_range()
    {
        _server.Version = "v1.31.0";
        Shell.Run("Connect-MeshCluster -Kubeconfig $args[0]", Path.Combine(_folder, "config")).ThrowIfFailed();

        ErrorRecord error = Assert.Single(Shell.Run("Install-IstioOperator Banzai").Errors);

        Assert.Equal("KubernetesNotSupported,IstioAdmin.Commands.InstallIstioOperatorCommand", error.FullyQualifiedErrorId);
        Assert.Contains("1.10 to 1.21", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Install-IstioOperator -Distribution Banzai -Version 1.", "1.1", "1.9")]
    [InlineData("Install-IstioOperator -Distribution Cisco -Version 1.", "1.11", "1.17")]
    public void Versions_complete_with_the_lines_of_the_operator(string typed, string first, string last)
    {
        IReadOnlyList<string> offered = [.. Shell.Complete(typed)];

        Assert.Contains(first, offered);
        Assert.Contains(last, offered);
    }

    [Fact]
    public void Values_of_another_kind_are_an_error()
    {
        ErrorRecord error = Assert.Single(Shell.Run("Install-IstioOperator Sail -Chart ./none -Values @{ a = { 1 } }").Errors);

        Assert.Equal("ValuesInvalid,IstioAdmin.Commands.InstallIstioOperatorCommand", error.FullyQualifiedErrorId);
    }

    private PSObject Operator(string command) => Assert.Single(Shell.Run(command).ThrowIfFailed().Output);
}
