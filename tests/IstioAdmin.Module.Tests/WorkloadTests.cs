using System.Management.Automation;
using IstioAdmin.Testing;

namespace IstioAdmin.Module.Tests;

/// <summary>Restart-MeshWorkload and Repair-PodRedirection as an administrator types them.</summary>
public sealed class WorkloadTests : ClusterTest
{
    private protected override void Arrange()
    {
        Server.PutWorkload("deployments", "Deployment", "demo", "web", 2);
        Server.PutReplicaSet("demo", "web-5d4f", "web");
        Server.PutPod("demo", "web-5d4f-0", "ReplicaSet", "web-5d4f");
        Server.PutPod("demo", "web-5d4f-1", "ReplicaSet", "web-5d4f");
        Server.PutPod("demo", "alone", ownerKind: null);
        Server.Put("/api/v1/namespaces/demo", """{"metadata":{"name":"demo"}}""");
        Server.Patched = (_, found) => found["status"] = FakeCluster.RolledOut(2, (int)found["metadata"]!["generation"]!);
    }

    [Theory]
    [InlineData("Restart-MeshWorkload deployment/web -Namespace demo")]
    [InlineData("Restart-MeshWorkload web -Kind Deployment -Namespace demo")]
    [InlineData("Get-MeshPod web* -Namespace demo | Restart-MeshWorkload")]
    [InlineData("Get-MeshPod web* -Namespace demo | ForEach-Object { [pscustomobject]@{ Cluster = $_.Cluster; Namespace = $_.Namespace; Name = $_.Name; Pod = $_ } } | Restart-MeshWorkload")]
    [InlineData("[pscustomobject]@{ Name = 'web'; Kind = 'Deployment'; Namespace = 'demo' } | Restart-MeshWorkload")]
    [InlineData("Restart-MeshWorkload deploy/web, deployment/web -Namespace demo")]
    public void A_workload_is_restarted_once_and_returned(string command)
    {
        PSObject restarted = Assert.Single(Shell.Run(command).ThrowIfFailed().Output);

        Assert.Equal(("Deployment", "web", true), (restarted.Properties["Kind"].Value, restarted.Properties["Name"].Value, restarted.Properties["RolledOut"].Value));
        Assert.Single(Server.Writes);
    }

    [Fact]
    public void What_was_restarted_can_be_restarted_from_the_pipeline()
    {
        Assert.Single(Shell.Run("Restart-MeshWorkload deploy/web -Namespace demo | Restart-MeshWorkload").ThrowIfFailed().Output);
        Assert.Equal(2, Server.Writes.Count());
    }

    [Theory]
    [InlineData("Restart-MeshWorkload deploy/web -Namespace demo -WhatIf")]
    [InlineData("Repair-PodRedirection web* -Namespace demo -Verdict NotRedirected -WhatIf")]
    [InlineData("Repair-PodRedirection alone -Namespace demo -Verdict NotRedirected -Force -WhatIf")]
    public void WhatIf_writes_nothing_and_returns_nothing(string command)
    {
        Assert.Empty(Shell.Run(command).ThrowIfFailed().Output);
        Assert.Empty(Server.Writes);
    }

    [Fact]
    public void One_workload_that_is_refused_does_not_keep_the_others()
    {
        ScriptResult result = Shell.Run("Restart-MeshWorkload job/x, deploy/gone, deploy/web -Namespace demo");

        Assert.Equal(["WorkloadNotRestartable", "ObjectNotFound"], result.Errors.Select(error => error.FullyQualifiedErrorId.Split(',')[0]));
        Assert.Equal("Deployment demo/web", Assert.Single(result.Output).ToString());
    }

    [Fact]
    public void A_pod_without_a_controller_is_an_error()
    {
        ErrorRecord error = Assert.Single(Shell.Run("Get-MeshPod alone | Restart-MeshWorkload").Errors);

        Assert.Equal("PodHasNoController,IstioAdmin.Commands.RestartMeshWorkloadCommand", error.FullyQualifiedErrorId);
    }

    [Fact]
    public void Waiting_in_vain_is_an_error_that_explains_itself()
    {
        Server.Patched = (_, _) => { };

        ErrorRecord error = Assert.Single(Shell.Run("Restart-MeshWorkload deploy/web -Namespace demo -Timeout 1").Errors);

        Assert.Equal("RolloutTimedOut,IstioAdmin.Commands.RestartMeshWorkloadCommand", error.FullyQualifiedErrorId);
        Assert.Equal(ErrorCategory.OperationTimeout, error.CategoryInfo.Category);
    }

    [Fact]
    public void Not_waiting_returns_at_once()
    {
        Server.Patched = (_, _) => { };

        Assert.Equal(false, Assert.Single(Shell.Run("Restart-MeshWorkload deploy/web -Namespace demo -NoWait").ThrowIfFailed().Output).Properties["RolledOut"].Value);
    }

    [Fact]
    public void One_of_two_broken_pods_is_evicted_and_its_successor_named()
    {
        Server.Evicted = _ => Server.PutPod("demo", "web-5d4f-new", "ReplicaSet", "web-5d4f");

        PSObject repaired = Assert.Single(Shell.Run("Repair-PodRedirection web-5d4f-0 -Namespace demo -Verdict NotRedirected").ThrowIfFailed().Output);

        Assert.Equal(("Evicted", "NotRedirected"), (repaired.Properties["Action"].Value.ToString(), repaired.Properties["Before"].Value.ToString()));
        Assert.Equal(["web-5d4f-new"], (string[])repaired.Properties["Replacements"].Value);
    }

    [Fact]
    public void What_a_test_returned_binds_by_its_properties()
    {
        const string script = "Get-MeshPod web* -Namespace demo | ForEach-Object { [pscustomobject]@{ Pod = $_; Verdict = 'Partial'; Findings = @() } } | Repair-PodRedirection -NoWait";

        Assert.Equal(["web-5d4f-0", "web-5d4f-1"], Shell.Run(script).ThrowIfFailed().Output.Select(pod => pod.Properties["Name"].Value));
        Assert.StartsWith("PATCH", Assert.Single(Server.Writes), StringComparison.Ordinal);
    }

    [Fact]
    public void Pods_that_are_redirected_are_left_alone()
    {
        PSObject pod = Assert.Single(Shell.Run("Repair-PodRedirection web-5d4f-0 -Namespace demo -Verdict Redirected").ThrowIfFailed().Output);

        Assert.Equal(("None", true), (pod.Properties["Action"].Value.ToString(), pod.Properties["Repaired"].Value));
        Assert.Empty(Server.Writes);
    }

    [Theory]
    [InlineData("Repair-PodRedirection alone -Namespace demo -Verdict Partial", "PodHasNoController")]
    [InlineData("Repair-PodRedirection gone -Namespace demo -Verdict Partial", "PodNotFound")]
    public void What_is_refused_is_an_error(string command, string error)
    {
        ScriptResult result = Shell.Run(command);

        Assert.Equal($"{error},IstioAdmin.Commands.RepairPodRedirectionCommand", Assert.Single(result.Errors).FullyQualifiedErrorId);
        Assert.Empty(Server.Writes);
    }
}
