using IstioAdmin.Core.Redirection.Verdicts;
using IstioAdmin.Testing;
using static IstioAdmin.Cluster.Tests.Redirection.PodShapes;
using static IstioAdmin.Cluster.Tests.Redirection.Sent;

namespace IstioAdmin.Cluster.Tests.Redirection;

/// <summary>What goes wrong on the node while a pod starts.</summary>
[Collection(MeshNode.Collection)]
public sealed class NewPodTests(Testbed testbed)
{
    private static readonly Sent[] Open = [In(9080, "app 9080"), In6(9080, "app 9080"), Out(World, 80, "outside 80")];
    private static readonly Sent[] Captured = [In(9080, "proxy 15006"), In6(9080, "proxy 15006"), Out(World, 80, "proxy 15001"), OfProxy(World, 80, "outside 80")];

    [Fact]
    public async Task A_pod_that_started_before_the_agent_was_ready_stays_open_until_it_is_made_anew()
    {
        RedirectionWorld world = await RedirectionWorld.OnAsync(testbed);
        PodShape pod = Today with { Name = "agent-late" };
        await world.StartWithoutRulesAsync(pod);
        await world.LayDownAsync(pod);

        await IsOpenAsync(world, pod);

        await world.DeleteAsync(pod);
        await world.StartAsync(pod);
        await IsCapturedAsync(world, pod);
    }

    [Fact]
    public async Task A_pod_that_started_while_another_component_had_rewritten_the_nodes_chain_is_open()
    {
        RedirectionWorld world = await RedirectionWorld.OnAsync(testbed);
        PodShape pod = Today with { Name = "chain-rewritten" };
        string path = Path.Combine(world.Node.CniDirectory, "10-pods.conflist");
        string chain = await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
        string without = chain.Replace(",\n  {\"type\": \"istio-cni\"}", "", StringComparison.Ordinal);
        Assert.NotEqual(chain, without);
        try
        {
            await RewriteAsync(path, without);
            await world.StartAsync(pod);
        }
        finally
        {
            await RewriteAsync(path, chain);
        }

        await IsOpenAsync(world, pod);

        await world.DeleteAsync(pod);
        await world.StartAsync(pod);
        await IsCapturedAsync(world, pod);
    }

    [Fact]
    public async Task A_pod_whose_node_restarted_before_the_agent_was_ready_is_open()
    {
        RedirectionWorld world = await RedirectionWorld.OnAsync(testbed);
        PodShape pod = Today with { Name = "node-restarted" };
        await world.StartAsync(pod);
        await IsCapturedAsync(world, pod);

        await world.RestartSandboxAsync(pod);

        await IsOpenAsync(world, pod);
    }

    private static async Task IsOpenAsync(RedirectionWorld world, PodShape pod)
    {
        await world.ConfirmAsync(pod, Open);
        PodRedirection result = await world.JudgeAsync(pod);
        Assert.Equal(RedirectionVerdict.NotRedirected, result.Verdict);
        Assert.Contains(result.Findings, finding => finding.Name == "NoRules");
        Assert.NotEqual(0, await Counterexamples.ConfirmAsync(world, pod, result));
    }

    private static async Task IsCapturedAsync(RedirectionWorld world, PodShape pod)
    {
        await world.ConfirmAsync(pod, Captured);
        Assert.Equal(RedirectionVerdict.Redirected, (await world.JudgeAsync(pod)).Verdict);
    }

    /// <summary>Rewrites a file, and gives the container runtime, which watches the directory, a moment to read it.</summary>
    private static async Task RewriteAsync(string path, string text)
    {
        await File.WriteAllTextAsync(path, text);
        await Task.Delay(1000);
    }
}
