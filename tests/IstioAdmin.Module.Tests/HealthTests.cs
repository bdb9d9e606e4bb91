using IstioAdmin.Testing;

namespace IstioAdmin.Module.Tests;

/// <summary>Test-Mesh and Test-IstioCni as an administrator types them.</summary>
public sealed class HealthTests : ClusterTest
{
    private protected override void Arrange() => Server.PutMesh();

    [Theory]
    [InlineData("Test-Mesh -SkipRedirection")]
    [InlineData("Get-MeshCluster | Test-Mesh -SkipRedirection")]
    [InlineData("Test-IstioCni")]
    [InlineData("Get-MeshCluster | Test-IstioCni")]
    [InlineData("Get-MeshPod cart* | Test-IstioCni")]
    public void Where_all_is_well_every_check_passes(string command)
    {
        ScriptResult result = Shell.Run(command).ThrowIfFailed();

        Assert.NotEmpty(result.Output);
        Assert.All(result.Output, check => Assert.True(check.Properties["Status"].Value.ToString() == "Pass", $"{check}: {check.Properties["Message"].Value}"));
        Assert.Empty(Server.Writes);
    }

    [Theory]
    [InlineData("Test-Mesh -SkipRedirection -Quiet", true)]
    [InlineData("Test-IstioCni -Quiet", true)]
    [InlineData("Test-Mesh -SkipRedirection -Quiet", false)]
    [InlineData("Test-IstioCni -Quiet", false)]
    public void Quiet_tells_whether_nothing_failed(string command, bool well)
    {
        if (!well)
            Server.Exec = (_, _) => (FakeMesh.Listing(("10-net.conflist", """{"name":"n","plugins":[{"type":"bridge"}]}""")), 0);

        Assert.Equal(well, Assert.Single(Shell.Run(command).ThrowIfFailed().Output).BaseObject);
    }

    [Theory]
    [InlineData("controlplane", "ControlPlane")]
    [InlineData("Inj*", "Injection")]
    [InlineData("Pods, Cni*", "CniAgent,CniChain,Pods")]
    [InlineData("nothing*", "")]
    public void Categories_take_wildcards(string category, string expected)
    {
        ScriptResult result = Shell.Run($"Test-Mesh {category}").ThrowIfFailed();

        Assert.Equal(expected, string.Join(',', result.Output.Select(check => check.Properties["Category"].Value).Distinct()));
    }

    [Fact]
    public void Categories_complete() => Assert.Equal(["CniAgent", "CniChain"], Shell.Complete("Test-Mesh cni"));

    [Fact]
    public void A_node_that_does_not_exist_is_an_error()
    {
        ScriptResult result = Shell.Run("Test-IstioCni node-1, nowhere, none*");

        Assert.Equal("NodeNotFound,IstioAdmin.Commands.TestIstioCniCommand", Assert.Single(result.Errors).FullyQualifiedErrorId);
        Assert.Equal(9, result.Output.Count);
    }

    [Fact]
    public void Not_being_allowed_to_list_nodes_names_the_permission_and_is_no_success()
    {
        Server.Refuse = request => request.Path == "/api/v1/nodes" ? (403, "nodes is forbidden: User \"u\" cannot list resource") : null;

        ScriptResult result = Shell.Run("Test-IstioCni -Quiet");

        Assert.Contains("resources: [\"nodes\"], verbs: [\"list\"]", Assert.Single(result.Errors).ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal(false, Assert.Single(result.Output).BaseObject);
    }

    [Fact]
    public async Task The_list_prints_grouped_by_category_with_what_to_do()
    {
        Server.Exec = (_, _) => (FakeMesh.Listing(("10-net.conflist", """{"name":"n","plugins":[{"type":"bridge"}]}""")), 0);

        ConsoleRun run = await ConsoleRun.CommandAsync($"Connect-MeshCluster -Kubeconfig '{Kubeconfig}' | Out-Null; Test-Mesh -SkipRedirection");

        Assert.Contains(run.OutputLines, line => line.Contains("Category: ControlPlane (cluster fake)", StringComparison.Ordinal));
        Assert.Contains(run.OutputLines, line => line.Contains("-> Delete pod istio-system/istio-cni-node-a", StringComparison.Ordinal));
        Assert.Contains(run.OutputLines, line => line.StartsWith("Ok Check", StringComparison.Ordinal));
        Assert.All(run.OutputLines, line => Assert.InRange(line.Length, 0, 120));
    }
}
