using System.Management.Automation;
using IstioAdmin.Testing;

namespace IstioAdmin.Module.Tests;

public sealed class ClusterTests : ModuleTest
{
    [Fact]
    public async Task A_connected_cluster_is_described_and_current()
    {
        await using MeshServer server = await MeshServer.StartAsync();
        PSObject cluster = Connect(server);
        Assert.Equal("fake", cluster.Properties["Name"].Value);
        Assert.Equal("v1.31.2", cluster.Properties["Version"].Value);
        Assert.Equal(server.Uri, cluster.Properties["Server"].Value);
        Assert.Equal(true, cluster.Properties["IsCurrent"].Value);
    }

    [Fact]
    public async Task The_last_connected_cluster_is_current_until_another_is_chosen()
    {
        await using MeshServer server = await MeshServer.StartAsync();
        Connect(server, "a");
        Connect(server, "b");
        Assert.Equal(["b"], Names("Get-MeshCluster -Current"));
        Assert.Equal(["a"], Names("Get-MeshCluster a | Connect-MeshCluster"));
        Assert.Equal(["a"], Names("Get-MeshCluster -Current"));
        Assert.Equal(["a"], Names("Get-MeshCluster | Where-Object IsCurrent"));
    }

    [Fact]
    public async Task When_the_current_cluster_goes_nobody_guesses_which_of_several_takes_its_place()
    {
        await using MeshServer server = await MeshServer.StartAsync();
        foreach (string name in new[] { "a", "b", "c" })
            Connect(server, name);
        Shell.Run("Disconnect-MeshCluster").ThrowIfFailed();
        ErrorRecord error = Shell.Run("Get-MeshPod").TerminatingError!;
        Assert.Equal("NoCurrentCluster,IstioAdmin.Commands.GetMeshPodCommand", error.FullyQualifiedErrorId);
        Assert.Contains("a, b", error.ToString(), StringComparison.Ordinal);
        Shell.Run("Disconnect-MeshCluster a").ThrowIfFailed();
        Assert.Equal(["b"], Names("Get-MeshCluster -Current"));
    }

    [Fact]
    public async Task Connecting_again_under_the_same_name_replaces_the_cluster()
    {
        await using MeshServer server = await MeshServer.StartAsync();
        Connect(server);
        Connect(server);
        Assert.Equal(["fake"], Names("Get-MeshCluster"));
    }

    [Fact]
    public async Task WhatIf_disconnects_nothing()
    {
        await using MeshServer server = await MeshServer.StartAsync();
        Connect(server);
        Shell.Run("Disconnect-MeshCluster * -WhatIf").ThrowIfFailed();
        Assert.Equal(["fake"], Names("Get-MeshCluster"));
    }

    [Fact]
    public async Task Cluster_takes_names_wildcards_and_objects_one_or_many()
    {
        await using MeshServer one = await MeshServer.StartAsync([[MeshServer.Pod("default", "one", "web")]]);
        await using MeshServer two = await MeshServer.StartAsync([[MeshServer.Pod("default", "two", "web")]]);
        Connect(one, "prod-1");
        Connect(two, "prod-2");
        Assert.Equal(["two"], Names("Get-MeshPod"));
        Assert.Equal(["one"], Names("Get-MeshPod -Cluster prod-1"));
        Assert.Equal(["one", "two"], Names("Get-MeshPod -Cluster prod-1, prod-2"));
        Assert.Equal(["one", "two"], Names("Get-MeshPod -Cluster prod*"));
        Assert.Equal(["one", "two"], Names("Get-MeshPod -Cluster (Get-MeshCluster)"));
        Assert.Equal(["one", "two"], Names("Get-MeshCluster | Get-MeshPod"));
        Assert.Equal(["one"], Names("Get-MeshCluster | Get-MeshPod -Name one -ErrorAction Ignore"));
        Assert.Empty(Names("Get-MeshPod -Cluster none*"));
    }

    [Fact]
    public async Task A_piped_pod_finds_its_way_back_to_its_cluster()
    {
        await using MeshServer one = await MeshServer.StartAsync([[MeshServer.Pod("shop", "web-0", "web"), MeshServer.Pod("shop", "web-1", "web")]]);
        await using MeshServer two = await MeshServer.StartAsync();
        Connect(one, "one");
        Connect(two, "two");
        Assert.Equal(["web-1"], Names("Get-MeshPod web-1 -Cluster one | Get-MeshPod"));
    }

    [Theory]
    [InlineData("odd [name]")]
    [InlineData("a*b")]
    [InlineData("arn:aws:eks:eu-west-1:1234:cluster/x")]
    [InlineData("it's")]
    public async Task A_cluster_may_have_any_name(string name)
    {
        await using MeshServer server = await MeshServer.StartAsync();
        Connect(server, name);
        Connect(server, "other");
        Assert.Equal([name], Shell.Run("(Get-MeshCluster $args[0]).Name", name).ThrowIfFailed().Output.Select(o => o.ToString()));
        Assert.Contains(Shell.Complete("Get-MeshPod -Cluster "), c => c == name || c == $"'{name.Replace("'", "''", StringComparison.Ordinal)}'");
    }

    [Fact]
    public async Task A_kubeconfig_path_is_the_sessions()
    {
        await using MeshServer server = await MeshServer.StartAsync();
        Assert.Equal(["fake"], Names($"$ExecutionContext.SessionState.Path.SetLocation('{server.Folder}') | Out-Null; Connect-MeshCluster -Kubeconfig ./config"));
        Assert.Equal(["fake"], Names($"[pscustomobject]@{{ PSPath = 'Microsoft.PowerShell.Core\\FileSystem::{server.Kubeconfig}' }} | Connect-MeshCluster"));
    }

    [Fact]
    public void A_kubeconfig_must_be_a_file()
    {
        ScriptResult result = Shell.Run("Connect-MeshCluster -Kubeconfig variable:HOME");
        Assert.Equal("NotAFile,IstioAdmin.Commands.ConnectMeshClusterCommand", result.TerminatingError!.FullyQualifiedErrorId);
    }

    private IEnumerable<string?> Names(string script) => Shell.Run(script).ThrowIfFailed().Output.Select(o => (string?)o.Properties["Name"].Value);
}
