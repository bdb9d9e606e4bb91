using System.Management.Automation;
using IstioAdmin.Testing;

namespace IstioAdmin.Module.Tests;

public sealed class FailureTests : ModuleTest
{
    [Fact]
    public void A_missing_kubeconfig_ends_the_command_and_says_what_to_do()
    {
        ErrorRecord error = Terminating("Connect-MeshCluster -Kubeconfig /no/such/file");
        Assert.Equal("KubeconfigNotFound,IstioAdmin.Commands.ConnectMeshClusterCommand", error.FullyQualifiedErrorId);
        Assert.Equal(ErrorCategory.ObjectNotFound, error.CategoryInfo.Category);
        Assert.Equal("/no/such/file", error.TargetObject);
        Assert.NotEmpty(error.ErrorDetails.RecommendedAction);
    }

    [Fact]
    public async Task A_context_that_does_not_exist_ends_the_command()
    {
        await using MeshServer server = await MeshServer.StartAsync();
        ErrorRecord error = Terminating("Connect-MeshCluster nowhere -Kubeconfig $args[0]", server.Kubeconfig);
        Assert.Equal("KubeconfigContextNotFound,IstioAdmin.Commands.ConnectMeshClusterCommand", error.FullyQualifiedErrorId);
        Assert.Equal(ErrorCategory.ObjectNotFound, error.CategoryInfo.Category);
        Assert.Equal("nowhere", error.TargetObject);
        Assert.NotEmpty(error.ErrorDetails.RecommendedAction);
    }

    [Fact]
    public void Without_a_cluster_a_command_ends_at_once()
    {
        ErrorRecord error = Terminating("Get-MeshPod");
        Assert.Equal("NotConnected,IstioAdmin.Commands.GetMeshPodCommand", error.FullyQualifiedErrorId);
        Assert.Equal(ErrorCategory.ConnectionError, error.CategoryInfo.Category);
        Assert.Contains("Connect-MeshCluster", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_cluster_ends_the_command_and_names_the_connected_ones()
    {
        await using MeshServer server = await MeshServer.StartAsync();
        Connect(server, "one");
        Connect(server, "two");
        ErrorRecord error = Terminating("Get-MeshPod -Cluster three");
        Assert.Equal("ParameterArgumentTransformationError,IstioAdmin.Commands.GetMeshPodCommand", error.FullyQualifiedErrorId);
        Assert.Contains("'three' is not connected. Connected: one, two.", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Get-MeshPod -Cluster $null")]
    [InlineData("Get-MeshPod -Cluster 5")]
    public async Task What_is_no_cluster_is_refused_instead_of_meaning_the_current_one(string command)
    {
        await using MeshServer server = await MeshServer.StartAsync([[MeshServer.Pod("default", "a", "a")]]);
        Connect(server);
        Assert.Equal("ParameterArgumentTransformationError,IstioAdmin.Commands.GetMeshPodCommand", Terminating(command).FullyQualifiedErrorId);
    }

    [Fact]
    public async Task Names_that_are_not_connected_are_errors_one_by_one()
    {
        await using MeshServer server = await MeshServer.StartAsync();
        Connect(server, "one");
        ScriptResult result = Shell.Run("Get-MeshCluster zero, one, two");
        Assert.Equal(["zero", "two"], result.Errors.Select(e => e.TargetObject));
        Assert.All(result.Errors, e => Assert.Equal("ClusterNotConnected,IstioAdmin.Commands.GetMeshClusterCommand", e.FullyQualifiedErrorId));
        Assert.Single(result.Output);
    }

    [Fact]
    public async Task Ctrl_C_ends_a_connect_that_hangs()
    {
        var asked = new TaskCompletionSource();
        await using MeshServer server = await MeshServer.StartAsync(before: http =>
        {
            asked.TrySetResult();
            return Task.Delay(Timeout.Infinite, http.RequestAborted);
        });
        using PowerShell connecting = Shell.Script("Connect-MeshCluster -Kubeconfig $args[0] -Timeout 3600", server.Kubeconfig);
        Task running = connecting.InvokeAsync();
        await asked.Task.WaitAsync(Patience, Cancel);
        await Task.Run(connecting.Stop, Cancel).WaitAsync(Patience, Cancel);
        await Assert.ThrowsAsync<PipelineStoppedException>(() => running);
        Assert.Empty(connecting.Streams.Error);
        Assert.Empty(Shell.Run("Get-MeshCluster").Output);
    }

    private ErrorRecord Terminating(string script, params object?[] arguments)
    {
        ScriptResult result = Shell.Run(script, arguments);
        Assert.Empty(result.Output);
        return Assert.IsType<RuntimeException>(result.Terminating, exactMatch: false).ErrorRecord;
    }
}
