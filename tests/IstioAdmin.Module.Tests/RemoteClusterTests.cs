using System.Management.Automation;
using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Testing;

namespace IstioAdmin.Module.Tests;

/// <summary>The cmdlets for remote clusters as an administrator types them, with two servers.</summary>
public sealed class RemoteClusterTests : ModuleTest, IAsyncLifetime
{
    private const string Registration = "/apis/istio.banzaicloud.io/v1beta1/namespaces/istio-system/remoteistios/east";
    private const string Secrets = "/api/v1/namespaces/istio-system/secrets/";
    private const string Token = "header.eyJzdWIiOiJzeXN0ZW06c2VydmljZWFjY291bnQ6aXN0aW8tc3lzdGVtOmZhciJ9.signature";

    private readonly string _folder = Directory.CreateTempSubdirectory("istioadmin-").FullName;
    private FakeMeshApi _west = null!;
    private FakeMeshApi _east = null!;

    public async ValueTask InitializeAsync()
    {
        _west = await FakeMeshApi.StartAsync(FakeMeshApi.Banzai);
        _west.Put("/api/v1/namespaces/kube-system", """{"metadata":{"name":"kube-system","uid":"west"}}""");
        _west.Put(BanzaiPlay.Istio, """{"apiVersion":"istio.banzaicloud.io/v1beta1","kind":"Istio","metadata":{"name":"istio-sample","namespace":"istio-system"},"spec":{"version":"1.1.14","mtls":true},"status":{"Status":"Available"}}""");
        _west.Put(Secrets + "istio-ca-secret", """{"metadata":{"name":"istio-ca-secret","namespace":"istio-system"},"data":{"ca-cert.pem":"Yw==","ca-key.pem":"aw=="}}""");
        _west.Written = PlayOperator;
        _east = await FakeMeshApi.StartAsync();
        _east.Drop("/api/v1/namespaces/istio-system");
        _east.Put("/api/v1/namespaces/kube-system", """{"metadata":{"name":"kube-system","uid":"east"}}""");
        _east.Written = PlayTokens;
        Connect(_east, "east");
        Connect(_west, "west");
    }

    public async ValueTask DisposeAsync()
    {
        Dispose();
        await _west.DisposeAsync();
        await _east.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void A_cluster_is_taken_in_listed_and_let_go()
    {
        PSObject added = One("Add-IstioRemoteCluster east -AutoInjectionNamespace default -Server https://10.1.0.10:6443");

        Assert.Equal(("east", "Available", "https://10.1.0.10:6443", "istio-system/far"),
            (added.Properties["Name"].Value, $"{added.Properties["State"].Value}", added.Properties["Server"].Value, added.Properties["Account"].Value));
        Assert.NotNull(_east.Find("/api/v1/namespaces/istio-system"));
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse("""{"enabledServices":[{"name":"istio-pilot"},{"name":"istio-policy"},{"name":"istio-telemetry"}],"autoInjectionNamespaces":["default"]}"""), _west.Find(Registration)!["spec"]));
        KeyValuePair<string, JsonNode?> only = Assert.Single(_west.Find(Secrets + "east")!["data"]!.AsObject());
        string kubeconfig = Encoding.UTF8.GetString(Convert.FromBase64String((string)only.Value!));
        Assert.Contains("server: https://10.1.0.10:6443", kubeconfig, StringComparison.Ordinal);
        Assert.Contains($"token: {Token}", kubeconfig, StringComparison.Ordinal);

        Assert.Equal("east", One("Get-IstioRemoteCluster e*").Properties["Name"].Value);

        ScriptResult removed = Shell.Run("Get-IstioRemoteCluster | Remove-IstioRemoteCluster -Remote * -Confirm:$false").ThrowIfFailed();
        Assert.Equal("Removed", $"{Assert.Single(removed.Output).Properties["State"].Value}");
        Assert.Null(_west.Find(Registration));
        Assert.Null(_west.Find(Secrets + "east"));
        Assert.DoesNotContain(_east.Paths, path => path.Contains("istio-remote-", StringComparison.Ordinal));
        Assert.Empty(Shell.Run("Get-IstioRemoteCluster").ThrowIfFailed().Output);
    }

    [Fact]
    public void The_second_time_nothing_is_changed()
    {
        One("Add-IstioRemoteCluster east");
        (int west, int east) = (_west.Writes.Count, _east.Writes.Count);

        One("Add-IstioRemoteCluster east");

        Assert.Equal((west, east), (_west.Writes.Count, _east.Writes.Count));
    }

    [Fact]
    public void WhatIf_writes_nothing_in_either_cluster()
    {
        Assert.Empty(Shell.Run("Add-IstioRemoteCluster east -WhatIf").ThrowIfFailed().Output);

        Assert.Empty(_west.Writes);
        Assert.Empty(_east.Writes);
    }

    [Fact]
    public void WhatIf_removes_nothing()
    {
        One("Add-IstioRemoteCluster east");
        (int west, int east) = (_west.Writes.Count, _east.Writes.Count);

        Assert.Empty(Shell.Run("Remove-IstioRemoteCluster east -Remote east -WhatIf").ThrowIfFailed().Output);

        Assert.Equal((west, east), (_west.Writes.Count, _east.Writes.Count));
    }

    [Fact]
    public void Without_waiting_only_the_resource_goes_because_the_operator_needs_the_rest()
    {
        One("Add-IstioRemoteCluster east");
        _west.Written = (_, _) => { };

        ScriptResult result = Shell.Run("Remove-IstioRemoteCluster east -Remote east -NoWait -Confirm:$false").ThrowIfFailed();

        Assert.Equal("Deleting", $"{Assert.Single(result.Output).Properties["State"].Value}");
        Assert.Contains(result.Warnings, warning => warning.Contains("Run the command again", StringComparison.Ordinal));
        Assert.NotNull(_west.Find(Secrets + "east"));
        Assert.Contains(_east.Paths, path => path.Contains("/serviceaccounts/istio-remote-east-", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_waiting_the_rest_is_named_also_where_the_operator_has_let_go_at_once()
    {
        One("Add-IstioRemoteCluster east");

        ScriptResult result = Shell.Run("Remove-IstioRemoteCluster east -Remote east -NoWait -Confirm:$false").ThrowIfFailed();

        string warning = Assert.Single(result.Warnings);
        Assert.Contains("Run the command again", warning, StringComparison.Ordinal);
        Assert.Contains("Secret istio-system/east", warning, StringComparison.Ordinal);
        Shell.Run("Remove-IstioRemoteCluster east -Remote east -Confirm:$false").ThrowIfFailed();
        Assert.Null(_west.Find(Secrets + "east"));
        Assert.DoesNotContain(_east.Paths, path => path.Contains("istio-remote-", StringComparison.Ordinal));
    }

    [Fact]
    public void The_account_stays_where_its_cluster_is_not_named_and_a_warning_says_so()
    {
        One("Add-IstioRemoteCluster east");

        ScriptResult result = Shell.Run("Remove-IstioRemoteCluster east -Confirm:$false").ThrowIfFailed();

        Assert.Contains(result.Warnings, warning => warning.Contains("service account istio-system/", StringComparison.Ordinal));
        Assert.Contains(_east.Paths, path => path.Contains("/clusterroles/istio-remote-east-", StringComparison.Ordinal));
    }

    [Fact]
    public void An_address_that_means_the_machine_itself_is_warned_about()
    {
        ScriptResult result = Shell.Run("Add-IstioRemoteCluster east").ThrowIfFailed();

        Assert.Contains(result.Warnings, warning => warning.Contains("-Server", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("ca")]
    [InlineData("key")]
    public void Without_the_certificate_authority_nothing_is_written(string missing)
    {
        if (missing == "ca")
            _west.Drop(Secrets + "istio-ca-secret");
        else
            _west.Put(Secrets + "istio-ca-secret", """{"metadata":{"name":"istio-ca-secret"},"data":{"ca-cert.pem":"Yw=="}}""");

        ErrorRecord error = Fails("Add-IstioRemoteCluster east", "RemoteCASecretMissing");

        Assert.Contains("istio-ca-secret", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Add-IstioRemoteCluster west", "RemoteIsMeshCluster")]
    [InlineData("Add-IstioRemoteCluster east -Name East_1", "RemoteNameInvalid")]
    [InlineData("Add-IstioRemoteCluster east -Server 10.1.0.10", "RemoteServerInvalid")]
    [InlineData("Add-IstioRemoteCluster * -Name east", "RemoteNameAmbiguous")]
    [InlineData("Remove-IstioRemoteCluster nothing -Confirm:$false", "RemoteNotFound")]
    [InlineData("Get-IstioRemoteCluster nothing", "RemoteNotFound")]
    public void Slips_are_errors_that_explain_themselves(string command, string id) => Fails(command, id);

    [Fact]
    public void What_somebody_else_made_is_taken_over_only_by_force()
    {
        _west.Put(Secrets + "east", """{"metadata":{"name":"east","namespace":"istio-system"},"data":{"config":"e30="}}""");
        Fails("Add-IstioRemoteCluster east", "RemoteObjectExists");

        Assert.Equal("Available", $"{One("Add-IstioRemoteCluster east -Force").Properties["State"].Value}");
    }

    [Fact]
    public void What_the_operator_complains_about_is_said_at_once_and_when_time_runs_out()
    {
        _west.Written = (path, item) =>
        {
            if (path == Registration && item["status"] is null)
                _west.Update(path, "manager", """{"status":{"Status":"ReconcileFailed","ErrorMessage":"could not get remote cluster: dial tcp 10.1.0.10:6443: i/o timeout"}}""");
        };

        ScriptResult result = Shell.Run("Add-IstioRemoteCluster east -Timeout 1");

        Assert.Contains(result.Warnings, warning => warning.Contains("dial tcp", StringComparison.Ordinal));
        ErrorRecord error = Assert.Single(result.Errors);
        Assert.StartsWith("RemoteWaitTimedOut,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void The_token_is_nowhere_but_in_the_Secret()
    {
        ScriptResult result = Shell.Run("""
            $DebugPreference = 'Continue'
            $told = Add-IstioRemoteCluster east -Verbose 4>&1 5>&1 3>&1
            $told += Get-IstioRemoteCluster
            $told | ForEach-Object { "$_"; $_.PSObject.Properties | ForEach-Object { "$($_.Name): $($_.Value)" } }
            """).ThrowIfFailed();

        string said = string.Join('\n', result.Output);
        Assert.Contains("Secret istio-system/east", said, StringComparison.Ordinal);
        Assert.DoesNotContain(Token, said, StringComparison.Ordinal);
        Assert.DoesNotContain("signature", said, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(Token))[..24], said, StringComparison.Ordinal);
    }

    private PSObject One(string command) => Assert.Single(Shell.Run(command).ThrowIfFailed().Output);

    private ErrorRecord Fails(string command, string id)
    {
        ScriptResult result = Shell.Run(command);
        ErrorRecord error = result.TerminatingError ?? Assert.Single(result.Errors);
        Assert.StartsWith($"{id},", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.NotEmpty(error.ErrorDetails.RecommendedAction);
        Assert.Empty(_west.Writes);
        Assert.Empty(_east.Writes);
        return error;
    }

    private void Connect(FakeMeshApi api, string name) =>
        Shell.Run("Connect-MeshCluster -Kubeconfig $args[0] -Name $args[1]", api.Server.WriteKubeconfig(Path.Combine(_folder, name)), name).ThrowIfFailed();

    /// <summary>What the operator does: finalizer, label on the Secret, status; and it cannot let go without the Secret.</summary>
    private void PlayOperator(string path, JsonObject item)
    {
        if (path != Registration)
            return;
        if (item["metadata"]!["deletionTimestamp"] is not null)
        {
            if (_west.Find(Secrets + "east") is not null)
                _west.Drop(path);
            return;
        }
        if (item["status"] is not null || _west.Find(Secrets + "east") is null)
            return;
        _west.Update(path, "manager", """{"metadata":{"finalizers":["remote-istio-operator.finializer.banzaicloud.io"]},"status":{"Status":"Available","ErrorMessage":"","GatewayAddress":[]}}""");
        _west.Update(Secrets + "east", "manager", """{"metadata":{"labels":{"istio/multiCluster":"true"}}}""");
    }

    /// <summary>What the controller manager does.</summary>
    private void PlayTokens(string path, JsonObject item)
    {
        if ((string?)item["type"] == "kubernetes.io/service-account-token" && item["data"] is null)
            _east.Update(path, "kube-controller-manager", $$$"""{"data":{"ca.crt":"Y2E=","token":"{{{Convert.ToBase64String(Encoding.UTF8.GetBytes(Token))}}}"}}""");
    }
}
