using System.Management.Automation;
using IstioAdmin.Testing;

namespace IstioAdmin.Module.Tests;

/// <summary>The mesh cmdlets as an administrator types them.</summary>
public sealed class MeshTests : ModuleTest, IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("istioadmin-").FullName;
    private FakeMeshApi _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeMeshApi.StartAsync(FakeMeshApi.Banzai);
        _server.Put("/api/v1/namespaces/default", """{"metadata":{"name":"default"}}""");
        _server.Written = (path, item) =>
        {
            if (path == BanzaiPlay.Istio && item["metadata"]!["deletionTimestamp"] is null)
                _server.Reconcile();
            else if (path == BanzaiPlay.Istio)
                _server.Drop(path);
        };
        Shell.Run("Connect-MeshCluster -Kubeconfig $args[0]", _server.Server.WriteKubeconfig(Path.Combine(_folder, "config"))).ThrowIfFailed();
    }

    public async ValueTask DisposeAsync()
    {
        Dispose();
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void A_mesh_is_created_shown_changed_and_removed()
    {
        PSObject made = One("New-IstioMesh -Mtls -AutoInjectionNamespace default");
        Assert.Equal(("istio-sample", "Available", true, "1.1.14"), (made.Properties["Name"].Value, $"{made.Properties["State"].Value}", made.Properties["Mtls"].Value, made.Properties["Version"].Value));

        int writes = _server.Writes.Count;
        One("New-IstioMesh -Mtls -AutoInjectionNamespace default");
        Assert.Equal(writes, _server.Writes.Count);

        PSObject changed = One("Get-IstioMesh | Set-IstioMesh -Mtls:$false -IngressType nodeport -PilotMaxReplicas 2");
        Assert.Equal((false, "NodePort"), (changed.Properties["Mtls"].Value, (string?)_server.Find(BanzaiPlay.Istio)!["spec"]!["gateways"]!["ingress"]!["serviceType"]));

        Assert.Equal("Removed", $"{One("Get-IstioMesh istio-* | Remove-IstioMesh -Confirm:$false").Properties["State"].Value}");
        Assert.Empty(Shell.Run("Get-IstioMesh").ThrowIfFailed().Output);
    }

    [Theory]
    [InlineData("New-IstioMesh -Mtls -WhatIf")]
    [InlineData("New-IstioMesh -Mtls -AsYaml")]
    [InlineData("$WhatIfPreference = $true; New-IstioMesh")]
    public void Nothing_is_written_by_looking(string command)
    {
        Shell.Run(command).ThrowIfFailed();

        Assert.Empty(_server.Writes);
    }

    [Theory]
    [InlineData("Set-IstioMesh -Mtls:$false -WhatIf")]
    [InlineData("Set-IstioMesh -Mtls:$false -AsYaml")]
    [InlineData("Remove-IstioMesh -WhatIf")]
    [InlineData("Wait-IstioMesh")]
    public void Nothing_is_written_by_looking_at_a_mesh(string command)
    {
        One("New-IstioMesh -Mtls");
        int writes = _server.Writes.Count;

        Shell.Run(command).ThrowIfFailed();

        Assert.Equal(writes, _server.Writes.Count);
    }

    [Theory]
    [InlineData("([ordered]@{ pilot = [ordered]@{ traceSampling = 7.5; sidecar = $false }; useMCP = $true })")]
    [InlineData("\"pilot:`n  traceSampling: 7.5`n  sidecar: false`nuseMCP: yes`n\"")]
    [InlineData("([pscustomobject]@{ pilot = [ordered]@{ traceSampling = 7.5; sidecar = $false }; useMCP = [switch]$true })")]
    [InlineData("\"$($args[0])/spec.yaml\"")]
    [InlineData("([IO.File]::ReadAllLines(\"$($args[0])/spec.yaml\"))")]
    public void A_spec_can_be_given_in_many_forms(string spec)
    {
        File.WriteAllText(Path.Combine(_folder, "spec.yaml"), "pilot:\n  traceSampling: 7.5\n  sidecar: false\nuseMCP: true\n");

        string yaml = (string)Assert.Single(Shell.Run($"New-IstioMesh -AsYaml -Spec {spec}", _folder).ThrowIfFailed().Output).BaseObject;

        Assert.Contains("  pilot:\n    traceSampling: 7.5\n    sidecar: false\n  useMCP: true\n", yaml, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("New-IstioMesh -Spec no-such-file.yaml", "SpecFileUnreadable")]
    [InlineData("New-IstioMesh -Spec 'a: ['", "YamlInvalid")]
    [InlineData("New-IstioMesh -Spec 3", "SpecInvalid")]
    [InlineData("New-IstioMesh -DefaultResources @{ cpu = 1 }", "ResourcesInvalid")]
    [InlineData("New-IstioMesh -Distribution Sail", "OperatorNotFound")]
    [InlineData("New-IstioMesh -PilotMinReplicas 3 -PilotMaxReplicas 2", "SettingsContradict")]
    [InlineData("Get-IstioMesh nothing", "MeshNotFound")]
    [InlineData("Set-IstioMesh -Mtls", "MeshNotFound")]
    public void Slips_are_errors_that_explain_themselves(string command, string errorId)
    {
        ErrorRecord error = Assert.Single(Shell.Run(command).Errors);

        Assert.StartsWith($"{errorId},", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.NotEmpty(error.ErrorDetails.RecommendedAction);
        Assert.Empty(_server.Writes);
    }

    [Fact]
    public void What_Get_prints_is_what_New_takes()
    {
        _server.Put(BanzaiPlay.Istio, """
            {"apiVersion":"istio.banzaicloud.io/v1beta1","kind":"Istio","metadata":{"name":"istio-sample","namespace":"istio-system","labels":{"team":"a"}},
             "spec":{"version":"1.1.14","mtls":true,"unknown":{"deep":[{"a":"1.10"},null,"yes"]},"pilot":{"affinity":{},"traceSampling":1.5}},"status":{"Status":"Available"}}
            """);
        string yaml = (string)One("Get-IstioMesh -AsYaml").BaseObject;
        _server.Drop(BanzaiPlay.Istio);

        string again = (string)Assert.Single(Shell.Run("New-IstioMesh -Spec $args[0] -AsYaml", yaml).ThrowIfFailed().Output).BaseObject;

        Assert.Contains("a: \"1.10\"", yaml, StringComparison.Ordinal);
        Assert.DoesNotContain("status", yaml, StringComparison.Ordinal);
        Assert.Equal(yaml.Split('\n').Order(), again.Split('\n').Order());
    }

    [Fact]
    public void A_wait_in_vain_names_what_is_missing()
    {
        One("New-IstioMesh -Mtls");
        _server.Drop("/apis/apps/v1/namespaces/istio-system/deployments/istio-galley");

        ErrorRecord error = Assert.Single(Shell.Run("Wait-IstioMesh -Timeout 2").Errors);

        Assert.Equal("MeshWaitTimedOut,IstioAdmin.Commands.WaitIstioMeshCommand", error.FullyQualifiedErrorId);
        Assert.Equal(ErrorCategory.OperationTimeout, error.CategoryInfo.Category);
        Assert.Contains("Deployment istio-system/istio-galley is not there yet", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Names_and_versions_complete()
    {
        One("New-IstioMesh -Mtls");

        Assert.Equal(["istio-sample"], Shell.Complete("Set-IstioMesh -Name ist"));
        Assert.Equal(["1.28.10", "1.29.6"], Shell.Complete("New-IstioMesh -Distribution Sail -Version 1.2").Where(version => version is "1.28.10" or "1.29.6"));
    }

    private PSObject One(string command) => Assert.Single(Shell.Run(command).ThrowIfFailed().Output);
}
