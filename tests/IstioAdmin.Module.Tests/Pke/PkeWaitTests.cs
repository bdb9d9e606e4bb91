using System.Diagnostics;
using System.Management.Automation;
using IstioAdmin.Testing;
using IstioAdmin.Testing.Pipeline;

namespace IstioAdmin.Module.Tests.Pke;

/// <summary>A wait meets everything that can happen to a server and to the way to it.</summary>
public sealed class PkeWaitTests : PkeTest
{
    [Theory]
    [InlineData("500")]
    [InlineData("html")]
    [InlineData("cut")]
    [InlineData("broken")]
    public void What_may_pass_is_waited_out(string fault)
    {
        PolledCluster cluster = Young();
        cluster.PollsPerStatus = 2;
        Server.Break("GET .*/clusters/\\d+$", fault switch
        {
            "500" => PipelineFault.Error(500),
            "html" => PipelineFault.ProxyPage(200),
            "cut" => PipelineFault.TruncatedJson,
            _ => PipelineFault.BrokenBody,
        }, times: 2);
        ScriptResult result = Shell.Run("Wait-PkeCluster istio-cni-demo -Verbose");
        Assert.Equal("RUNNING", Assert.Single(result.ThrowIfFailed().Output).Properties["StatusText"].Value);
        AssertNoToken(result);
    }

    [Fact]
    public async Task A_server_that_restarts_is_waited_for()
    {
        PolledCluster cluster = Young();
        using PowerShell shell = Shell.Script("Wait-PkeCluster istio-cni-demo");
        IAsyncResult running = shell.BeginInvoke();
        await Eventually.BecomesTrueAsync(() => Calls("GetCluster") > 1, "the wait has begun");
        await Server.StopAsync();
        cluster.PollsPerStatus = 1;
        await Server.RestartAsync();
        PSObject ready = Assert.Single(await Task.Run(() => shell.EndInvoke(running), Cancel));
        Assert.Equal("RUNNING", ready.Properties["StatusText"].Value);
        Assert.Empty(shell.Streams.Error);
    }

    [Fact]
    public void A_token_that_is_refused_in_the_middle_ends_the_wait_and_says_how_to_go_on()
    {
        Young();
        Server.Break("GET .*/clusters/\\d+$", PipelineFault.Unauthorized, times: 1);
        ScriptResult result = Shell.Run("Wait-PkeCluster -Id $args[0] -Verbose", Server.Cluster("istio-cni-demo").Id);
        // The first look finds the cluster; with the token refused there, too, nothing could be said about it.
        ErrorRecord error = Assert.Single(result.Errors);
        Assert.Equal("PipelineUnauthenticated,IstioAdmin.Commands.WaitPkeClusterCommand", error.FullyQualifiedErrorId);
        AssertNoToken(result);

        Server.PollsPerStatus = 0;
        ScriptResult inside = Shell.Run($"{Pools} $c = $pools | New-PkeCluster second -Location eu-central-1 -SecretName aws-secret -KubernetesVersion 1.12.2 -NoWait; $c");
        Assert.Single(inside.ThrowIfFailed().Output);
        string token = Server.Token;
        using PowerShell shell = Shell.Script("Wait-PkeCluster second");
        IAsyncResult running = shell.BeginInvoke();
        Assert.True(SpinWait.SpinUntil(() => Server.Requests.Count(request => request.EndsWith($"/clusters/{Server.Cluster("second").Id}", StringComparison.Ordinal)) > 1, Patience));
        Server.Token = "another";
        shell.EndInvoke(running);
        Server.Token = token;
        ErrorRecord refused = Assert.Single(shell.Streams.Error);
        Assert.StartsWith("PipelineUnauthenticated,", refused.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("Cluster 'second' is left to Pipeline, which goes on creating it", refused.ToString(), StringComparison.Ordinal);
        Assert.Contains("Wait-PkeCluster second", refused.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void Time_that_runs_out_is_told_with_the_last_status()
    {
        Young();
        ScriptResult result = Shell.Run("Wait-PkeCluster istio-cni-demo -Timeout 5");
        ErrorRecord error = Assert.Single(result.Errors);
        Assert.Equal("PkeWaitTimedOut,IstioAdmin.Commands.WaitPkeClusterCommand", error.FullyQualifiedErrorId);
        Assert.Equal(ErrorCategory.OperationTimeout, error.CategoryInfo.Category);
        Assert.Contains("CREATING: Cluster is being created", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_body_that_never_ends_does_not_outlast_the_timeout()
    {
        Young();
        Server.Break("GET .*/clusters/\\d+$", PipelineFault.SlowBody(TimeSpan.FromMinutes(10)), times: 1);
        Server.Break("GET .*/clusters/\\d+$", PipelineFault.Silence, times: 100);
        ScriptResult result = Shell.Run("New-PkeNodePool master master c5.large -Zone x1a | New-PkeCluster third -Location x1 -SecretName aws-secret -KubernetesVersion 1.12.2 -Timeout 2");
        Assert.Equal("PkeWaitTimedOut,IstioAdmin.Commands.NewPkeClusterCommand", result.TerminatingError!.FullyQualifiedErrorId);
    }

    [Fact]
    public void A_cluster_that_somebody_deletes_is_not_waited_for()
    {
        PolledCluster cluster = Young();
        using PowerShell shell = Shell.Script("Wait-PkeCluster istio-cni-demo");
        IAsyncResult running = shell.BeginInvoke();
        Assert.True(SpinWait.SpinUntil(() => Calls("GetCluster") > 1, Patience));
        Server.Organization.Clusters.Remove(cluster);
        shell.EndInvoke(running);
        Assert.StartsWith("PkeClusterDeleted,", Assert.Single(shell.Streams.Error).FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void Stopping_the_wait_leaves_the_cluster_to_Pipeline()
    {
        Server.PollsPerStatus = 0;
        using PowerShell shell = Shell.Script($"{Pools} $pools | New-PkeCluster istio-cni-demo -Location eu-central-1 -SecretName aws-secret -KubernetesVersion 1.12.2");
        IAsyncResult running = shell.BeginInvoke();
        Assert.True(SpinWait.SpinUntil(() => Calls("GetCluster") > 0, Patience));
        shell.Stop();
        Assert.Equal("CREATING", Server.Cluster("istio-cni-demo").Status);
        Assert.Equal(0, Calls("DeleteCluster"));
        Server.Cluster("istio-cni-demo").PollsPerStatus = 1;
        Assert.Single(Shell.Run("Wait-PkeCluster istio-cni-demo").ThrowIfFailed().Output);
    }

    [Theory]
    [InlineData("Set-PkeCluster demo -ScaleNodePool pool1 -Count 5", "which goes on changing it")]
    [InlineData("Remove-PkeCluster demo -Confirm:$false", "which goes on deleting it")]
    public async Task Ctrl_C_in_a_wait_says_what_becomes_of_the_cluster_and_how_to_wait_on(string command, string said)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Sending Ctrl+C to a child needs a console of its own on Windows.");
        Server.PollsPerStatus = 0;
        Server.AddCluster("demo");
        string file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, $"organization:\n  id: 1\npipeline:\n  basepath: {Server.Uri}\n  token: {Server.Token}\n", Cancel);
            using Process process = ConsoleRun.Start(["-Command", $"$null = Connect-Pipeline -Configuration '{file}'; {command}"]);
            Task<string> output = process.StandardOutput.ReadToEndAsync(Cancel), error = process.StandardError.ReadToEndAsync(Cancel);
            // The first look is for the cluster as it was.
            await Eventually.BecomesTrueAsync(() => Calls("GetCluster") > 1, "the wait has begun", Patience);
            using Process signal = Process.Start("kill", ["-INT", $"{process.Id}"]);
            await process.WaitForExitAsync(Cancel).WaitAsync(Patience, Cancel);
            Assert.Contains($"Cluster 'demo' is left to Pipeline, {said}; Wait-PkeCluster demo waits on.", await output + await error, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private PolledCluster Young()
    {
        Server.PollsPerStatus = 0;
        Create("-NoWait").ThrowIfFailed();
        return Server.Cluster("istio-cni-demo");
    }
}
