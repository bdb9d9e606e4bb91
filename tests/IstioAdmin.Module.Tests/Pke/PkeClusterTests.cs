using System.Management.Automation;
using System.Text.Json.Nodes;
using IstioAdmin.Testing;
using IstioAdmin.Testing.Pipeline;

namespace IstioAdmin.Module.Tests.Pke;

/// <summary>Clusters that are there: looked at, changed, connected with, removed.</summary>
public sealed class PkeClusterTests : PkeTest
{
    [Fact]
    public void Clusters_are_found_by_name_pattern_and_number()
    {
        int first = Server.AddCluster("demo-1").Id;
        Server.AddCluster("demo-2");
        Server.AddCluster("other");
        Assert.Equal(["demo-1", "demo-2", "other"], Names("Get-PkeCluster"));
        Assert.Equal(["demo-1", "demo-2"], Names("Get-PkeCluster demo-*"));
        Assert.Equal(["demo-1"], Names($"Get-PkeCluster -Id {first}"));
        Assert.Equal(["other"], Names("Get-PkeCluster other | Get-PkeCluster"));
        ScriptResult missing = Shell.Run("Get-PkeCluster nobody, other");
        Assert.Equal("PkeClusterNotFound,IstioAdmin.Commands.GetPkeClusterCommand", Assert.Single(missing.Errors).FullyQualifiedErrorId);
        Assert.Single(missing.Output);
    }

    [Fact]
    public void A_cluster_tells_its_pools_and_asks_for_its_inside_when_it_is_looked_at()
    {
        PolledCluster stored = Server.AddCluster("demo");
        stored.Nodes.Clear();
        stored.Nodes.Add(JsonNode.Parse("""
            {
              "metadata": { "name": "ip-1", "labels": { "nodepool.banzaicloud.io/name": "master", "node-role.kubernetes.io/master": "" } },
              "status": { "nodeInfo": { "kubeletVersion": "v1.12.2", "containerRuntimeVersion": "containerd://1.2.0" }, "conditions": [{ "type": "Ready", "status": "True" }] }
            }
            """));
        PSObject cluster = Assert.Single(Shell.Run("Get-PkeCluster demo").ThrowIfFailed().Output);
        Assert.Equal(["master:1:c5.large", "pool1:2:t2.medium"], Texts("$args[0].NodePools | ForEach-Object { \"$($_.Name):$($_.Count):$($_.InstanceType)\" }", cluster));
        Assert.Equal(0, Calls("ListNodes") + Calls("GetPodDetails") + Calls("ListClusterEndpoints") + Calls("ListIntegratedServices"));
        Assert.Equal(["ip-1 master True True v1.12.2 containerd://1.2.0"],
            Texts("foreach ($n in $args[0].Nodes) { \"$($n.Name) $($n.NodePool) $($n.IsMaster) $($n.Ready) $($n.Version) $($n.Runtime)\" }", cluster));
        Assert.Equal(["kube-system/coredns-7c47dc7bd7-twzpl"], Texts("foreach ($p in $args[0].Pods) { \"$p\" }; $null = $args[0].Pods", cluster));
        Assert.Equal(["ingress 192.0.2.7"], Texts("foreach ($e in $args[0].Endpoints) { \"$e\" }", cluster));
        Assert.Equal(["ingress active"], Texts("foreach ($s in $args[0].Services) { \"$s\" }", cluster));
        Assert.Equal(1, Calls("GetPodDetails"));
    }

    [Fact]
    public void What_could_not_be_fetched_is_fetched_the_next_time()
    {
        Server.AddCluster("demo");
        PSObject cluster = Assert.Single(Shell.Run("Get-PkeCluster demo").ThrowIfFailed().Output);
        Server.Break("GET .*/services$", PipelineFault.Error(403, "You are not allowed to do that"));
        ScriptResult refused = Shell.Run("try { $args[0].get_Services() } catch { throw $_.Exception.GetBaseException() }", cluster);
        Assert.Contains("could not get the services of cluster 'demo': HTTP 403", refused.Terminating!.Message, StringComparison.Ordinal);
        Assert.Equal(["ingress"], Texts("foreach ($s in $args[0].Services) { $s.Name }", cluster));
    }

    [Fact]
    public void Scaling_sends_all_pools_and_a_second_time_nothing()
    {
        Server.AddCluster("demo");
        PSObject changed = Assert.Single(Shell.Run("Set-PkeCluster demo -ScaleNodePool pool1 -Count 5").ThrowIfFailed().Output);
        Assert.Equal(["1", "5"], Texts("foreach ($p in $args[0].NodePools) { $p.Count }", changed));
        JsonObject pools = Body("UpdateClusterDeprecated")["properties"]!["pke"]!["nodePools"]!.AsObject();
        Assert.Equal(["master", "pool1"], pools.Select(pool => pool.Key));
        Assert.Equal("""{"instanceType":"t2.medium","spotPrice":"","autoscaling":false,"minCount":5,"maxCount":5,"count":5}""", pools["pool1"]!.ToJsonString());
        Shell.Run("Set-PkeCluster demo -ScaleNodePool pool1 -Count 5").ThrowIfFailed();
        Assert.Equal(1, Calls("UpdateClusterDeprecated"));
        Assert.Empty(Server.Unknown);
    }

    [Fact]
    public void Pools_and_version_change_one_after_the_other()
    {
        Server.AddCluster("demo");
        PSObject changed = Assert.Single(Shell.Run("""
            Set-PkeCluster demo -RemoveNodePool pool1 -NodePool (New-PkeNodePool pool2 worker t2.large -MaxCount 4 -Autoscaling) -KubernetesVersion 1.13.0 -PostHook InstallIngressController
            """).ThrowIfFailed().Output);
        Assert.Equal("1.13.0", changed.Properties["Version"].Value);
        Assert.Equal(["master", "pool2"], Texts("foreach ($p in $args[0].NodePools) { $p.Name }", changed));
        Assert.Equal(["InstallIngressController"], Server.Cluster("demo").PostHooks);
        string[] changes = [.. Server.Called.Where(call => call is "UpdateClusterDeprecated" or "UpdateCluster" or "ClusterPostHooks")];
        Assert.Equal(["UpdateClusterDeprecated", "UpdateCluster", "ClusterPostHooks"], changes);
    }

    [Theory]
    [InlineData("-RemoveNodePool master", "carries the control plane")]
    [InlineData("-ScaleNodePool master -Count 3", "cannot be changed")]
    [InlineData("-ScaleNodePool pool9 -Count 3", "has no node pool 'pool9', but 'master', 'pool1'")]
    [InlineData("-ScaleNodePool pool1 -MinCount 3 -MaxCount 2", "is above the greatest")]
    [InlineData("-KubernetesVersion newest", "is not a version")]
    [InlineData("-KubernetesVersion 1.11.9 -ScaleNodePool pool1 -Count 3", "it has version v1.12.2, and Kubernetes cannot go back to 1.11.9")]
    [InlineData("-NodePool (New-PkeNodePool pool1 worker c5.large -Count 2)", "has machines of type t2.medium, which stay; for c5.large add another pool")]
    public void A_change_that_cannot_be_made_is_not_sent(string change, string reason)
    {
        Server.AddCluster("demo");
        ErrorRecord error = Assert.Single(Shell.Run($"Set-PkeCluster demo {change}").Errors);
        Assert.Contains(reason, error.ToString(), StringComparison.Ordinal);
        Assert.Empty(Server.Bodies);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-Count 3")]
    [InlineData("-ScaleNodePool pool1")]
    [InlineData("-RemoveNodePool pool1 -KubernetesVersion 1.13.0 -NoWait")]
    public void A_change_that_says_too_little_asks_for_the_rest(string change) =>
        Assert.Equal("PkeChangeUnclear,IstioAdmin.Commands.SetPkeClusterCommand", Shell.Run($"Set-PkeCluster demo {change}").TerminatingError!.FullyQualifiedErrorId);

    [Fact]
    public void A_cluster_in_azure_is_scaled_with_the_roles_that_its_nodes_tell()
    {
        PolledCluster stored = Server.AddCluster("demo", cloud: "azure");
        stored.Nodes.Clear();
        stored.Nodes.Add(JsonNode.Parse("""{ "metadata": { "name": "a", "labels": { "nodepool.banzaicloud.io/name": "master", "node-role.kubernetes.io/master": "" } } }"""));
        Shell.Run("Set-PkeCluster demo -ScaleNodePool pool1 -Count 3").ThrowIfFailed();
        JsonArray pools = Body("UpdateClusterDeprecated")["nodepools"]!.AsArray();
        Assert.Equal(["""["master"]""", """["worker"]"""], pools.Select(pool => pool!["roles"]!.ToJsonString()));
        Assert.Equal(3, (int)pools[1]!["count"]!);
    }

    [Fact]
    public void Removing_waits_until_the_cluster_is_gone_and_asks_first()
    {
        Server.AddCluster("demo");
        Shell.Run("Remove-PkeCluster demo -WhatIf").ThrowIfFailed();
        Assert.Equal(0, Calls("DeleteCluster"));
        Shell.Run("Remove-PkeCluster demo -Confirm:$false").ThrowIfFailed();
        Assert.Empty(Server.Organization.Clusters);
        var impact = (ConfirmImpact)Assert.Single(Shell.Run("(Get-Command Remove-PkeCluster).ImplementingType.GetCustomAttributes($true).ConfirmImpact").Output).BaseObject;
        Assert.Equal(ConfirmImpact.High, impact);
    }

    [Fact]
    public void Force_is_what_the_API_means_by_it()
    {
        Server.AddCluster("demo").Become("ERROR", "deletion failed: the network is in use");
        ErrorRecord refused = Assert.Single(Shell.Run("Remove-PkeCluster demo -Confirm:$false").Errors);
        Assert.Equal("PipelineConflict,IstioAdmin.Commands.RemovePkeClusterCommand", refused.FullyQualifiedErrorId);
        Assert.Contains("-Force", refused.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Shell.Run("Remove-PkeCluster demo -Force -Confirm:$false").ThrowIfFailed();
        Assert.Contains(Server.Requests, request => request.EndsWith("?force=true", StringComparison.Ordinal));
        Assert.Empty(Server.Organization.Clusters);
    }

    [Fact]
    public async Task A_cluster_is_connected_with_from_the_pipeline_and_leaves_no_file()
    {
        await using FakeApiServer api = await StartBareAsync();
        string file = Path.GetTempFileName();
        Server.AddCluster("demo").Kubeconfig = File.ReadAllText(api.WriteKubeconfig(file, "kubernetes-admin@demo"));
        File.Delete(file);
        PSObject mesh = Assert.Single(Shell.Run("Get-PkeCluster demo | Connect-MeshCluster").ThrowIfFailed().Output);
        Assert.Equal("demo", mesh.Properties["Name"].Value);
        Assert.Equal("kubernetes-admin@demo", mesh.Properties["Context"].Value);
        Assert.Equal("v1.12.2", mesh.Properties["Version"].Value);
        Assert.Equal("demo", Assert.Single(Shell.Run("Get-MeshCluster -Current").ThrowIfFailed().Output).ToString());
    }

    [Fact]
    public async Task A_login_plugin_of_the_old_version_is_told_the_new_one_and_its_arguments_stay()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The plugin of this test is a shell script.");
        const string old = "client.authentication.k8s.io/v1alpha1";
        await using FakeApiServer api = await StartBareAsync();
        string folder = Directory.CreateTempSubdirectory("istioadmin-").FullName;
        try
        {
            string asked = Path.Combine(folder, "asked"), plugin = Path.Combine(folder, "plugin");
            File.WriteAllText(plugin, $$$"""
                echo "$1 $KUBERNETES_EXEC_INFO" >{{{asked}}}
                echo '{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{"token":"t0ken-of-the-plugin"}}'
                """);
            string text = File.ReadAllText(api.WriteKubeconfig(Path.Combine(folder, "config")));
            Server.AddCluster("demo").Kubeconfig = text.Replace("user: {}", $"user: {{exec: {{apiVersion: {old}, command: sh, args: [{plugin}, {old}]}}}}", StringComparison.Ordinal);

            Shell.Run("Get-PkeCluster demo | Connect-MeshCluster").ThrowIfFailed();

            string said = File.ReadAllText(asked);
            Assert.StartsWith($"{old} ", said, StringComparison.Ordinal);
            Assert.Contains("client.authentication.k8s.io/v1beta1", said, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_cluster_that_is_too_young_to_connect_with_says_so()
    {
        Server.AddCluster("demo").HasConfig = false;
        ScriptResult result = Shell.Run("Get-PkeCluster demo | Connect-MeshCluster");
        Assert.Equal("PkeClusterNotReady,IstioAdmin.Commands.ConnectMeshClusterCommand", result.TerminatingError!.FullyQualifiedErrorId);
        Assert.Contains("Wait-PkeCluster", result.TerminatingError.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_are_completed()
    {
        Server.AddCluster("demo");
        Assert.Equal(["demo"], Shell.Complete("Get-PkeCluster d"));
        Assert.Equal(["pool1"], Shell.Complete("Set-PkeCluster demo -RemoveNodePool p"));
        Assert.Equal(["aws-secret"], Shell.Complete("New-PkeCluster x -SecretName "));
        Assert.Equal(["azure-secret"], Shell.Complete("New-PkeCluster x -Cloud azure -SecretName "));
        Assert.StartsWith("team@", Assert.Single(Shell.Complete("Get-PkeCluster -Pipeline t")), StringComparison.Ordinal);
    }

    [Fact]
    public void An_error_body_becomes_the_record_in_either_form()
    {
        Server.AddCluster("demo");
        Server.Break("PUT .*/update", PipelineFault.Error(403, "You are not allowed to do that"));
        ErrorRecord older = Assert.Single(Shell.Run("Set-PkeCluster demo -KubernetesVersion 1.13.0").Errors);
        Assert.Equal("PipelineForbidden,IstioAdmin.Commands.SetPkeClusterCommand", older.FullyQualifiedErrorId);
        Assert.Equal(ErrorCategory.PermissionDenied, older.CategoryInfo.Category);
        Assert.Contains("HTTP 403: You are not allowed to do that", older.ToString(), StringComparison.Ordinal);
        Server.Break("PUT .*/update", PipelineFault.Answer(400, """{"type":"about:blank","title":"Invalid request","status":400,"detail":"version 1.13.0 is not supported","instance":""}"""));
        ErrorRecord problem = Assert.Single(Shell.Run("Set-PkeCluster demo -KubernetesVersion 1.13.0").Errors);
        Assert.Equal("PipelineRequestRejected,IstioAdmin.Commands.SetPkeClusterCommand", problem.FullyQualifiedErrorId);
        Assert.Contains("HTTP 400: version 1.13.0 is not supported: Invalid request", problem.ToString(), StringComparison.Ordinal);
    }

    private string[] Names(string script) => [.. Shell.Run(script).ThrowIfFailed().Output.Select(cluster => $"{cluster.Properties["Name"].Value}")];

    private string[] Texts(string script, params object?[] arguments) => [.. Shell.Run(script, arguments).ThrowIfFailed().Output.Select(line => $"{line}")];

    /// <summary>An API server of Kubernetes 1.12 with nothing in it.</summary>
    private static Task<FakeApiServer> StartBareAsync() => FakeApiServer.StartAsync(async http =>
    {
        http.Response.ContentType = "application/json";
        await Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(http.Response, http.Request.Path.Value switch
        {
            "/version" => """{"gitVersion":"v1.12.2"}""",
            "/apis" => """{"kind":"APIGroupList","groups":[]}""",
            _ => """{"kind":"List","metadata":{},"items":[]}""",
        }, Cancel);
    });
}
