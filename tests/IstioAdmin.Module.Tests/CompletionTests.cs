using IstioAdmin.Completion;

namespace IstioAdmin.Module.Tests;

public sealed class CompletionTests : ModuleTest
{
    [Fact]
    public async Task Contexts_come_from_the_given_kubeconfig()
    {
        await using MeshServer server = await MeshServer.StartAsync(context: "staging");
        Assert.Equal(["staging"], Shell.Complete($"Connect-MeshCluster -Kubeconfig '{server.Kubeconfig}' -Context st"));
        Shell.Run("$null = $ExecutionContext.SessionState.Path.SetLocation($args[0])", server.Folder).ThrowIfFailed();
        Assert.Equal(["staging"], Shell.Complete("Connect-MeshCluster -Kubeconfig ./config -Context "));
    }

    [Fact]
    public async Task Clusters_are_the_connected_ones_that_begin_with_what_was_typed()
    {
        await using MeshServer server = await MeshServer.StartAsync();
        Connect(server, "prod-1");
        Connect(server, "prod two");
        Connect(server, "test");
        Assert.Equal(["'prod two'", "prod-1"], Shell.Complete("Get-MeshPod -Cluster pro"));
        Assert.Equal(["test"], Shell.Complete("Disconnect-MeshCluster te"));
        Assert.Equal(["'prod two'"], Shell.Complete("Get-MeshCluster 'prod t"));
    }

    [Fact]
    public async Task Namespaces_are_those_of_the_given_cluster()
    {
        await using MeshServer one = await MeshServer.StartAsync([[MeshServer.Pod("shop", "a", "a"), MeshServer.Pod("default", "a", "a")]]);
        await using MeshServer two = await MeshServer.StartAsync([[MeshServer.Pod("other", "a", "a")]]);
        Connect(one, "one");
        Connect(two, "two");
        Assert.Equal(["other"], Shell.Complete("Get-MeshPod -Namespace "));
        Assert.Equal(["default", "shop"], Shell.Complete("Get-MeshPod -Cluster one -Namespace "));
        Assert.Equal(["shop"], Shell.Complete("Get-MeshPod -Cluster * -Namespace s"));
    }

    [Fact]
    public async Task A_server_that_does_not_answer_costs_the_Tab_key_a_moment_and_no_error()
    {
        bool hang = false;
        await using MeshServer server = await MeshServer.StartAsync(before: http => hang ? Task.Delay(Timeout.Infinite, http.RequestAborted) : Task.CompletedTask);
        Connect(server);
        hang = true;
        Suggestions.Patience = TimeSpan.FromSeconds(2);
        Assert.DoesNotContain("default", Shell.Complete("Get-MeshPod -Namespace de"));
    }

    [Fact]
    public void Without_a_cluster_or_a_kubeconfig_there_is_nothing_to_offer()
    {
        Assert.DoesNotContain("default", Shell.Complete("Get-MeshPod -Namespace de"));
        Assert.DoesNotContain("fake", Shell.Complete("Connect-MeshCluster -Kubeconfig /no/such/file -Context fa"));
    }
}
