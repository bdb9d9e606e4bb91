using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Client;
using IstioAdmin.Sandbox.Controllers;
using IstioAdmin.Sandbox.Nodes;

namespace IstioAdmin.Sandbox.Tests.Nodes;

/// <summary>Nodes come and go, and what runs on them with them.</summary>
public sealed class NodeChangeTests
{
    private const string Web = """
        {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"shop"},"spec":{"replicas":6,"selector":{"matchLabels":{"app":"web"} },
         "template":{"metadata":{"labels":{"app":"web"} },"spec":{"containers":[{"name":"web","image":"registry.local/web:1"}]} } } }
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pods_of_a_node_that_goes_are_made_again_elsewhere_and_a_node_that_comes_back_takes_pods()
    {
        NodeMachine one = new("one"), two = new("two"), three = new("three") { Labels = new Dictionary<string, string> { ["disk"] = "ssd" } };
        await using SandboxWorld world = await SandboxWorld.StartAsync(new NodeOptions { Machines = [one, two], StartTime = TimeSpan.Zero });
        await world.NamespaceAsync("shop");
        await world.CreateAsync(Web);
        await ReadyOnAsync(world, "one", "two");

        await world.Cluster.Nodes.ChangeAsync([two, three], Cancel);

        await ReadyOnAsync(world, "two", "three");
        Assert.Equal(["three", "two"], await NamesAsync(world));
        Assert.Equal("SandboxNodeNotFound", Assert.Throws<MeshException>(() => world.Cluster.Nodes.FindNode("one")).ErrorId);
        // The number of the node that went is free again, and with it its addresses.
        JsonObject joined = await world.Api.GetAsync("api/v1/nodes/three", Cancel);
        Assert.Equal(("10.64.1.0/24", "ssd"), (Json.Text(joined, "spec", "podCIDR"), Meta.Label(joined, "disk")));

        await world.Cluster.Nodes.ChangeAsync([one], Cancel);

        await ReadyOnAsync(world, "one");
        Informer pods = Pods.Of(world.Cluster.Controllers.Context.Informers);
        Assert.Equal(6, pods.All().Select(pod => Json.Text(pod, "status", "podIP")).Distinct().Count());
        await SandboxWorld.UntilAsync(
            () => Task.FromResult(world.Cluster.Nodes.Kubelets.Running.Values.Where(run => !run.HasEnded).All(run => run.Node.Name == "one")), "only the node that is left runs any");
    }

    [Fact]
    public async Task Labels_of_a_node_that_stays_are_changed_and_others_than_its_own_are_left()
    {
        NodeMachine before = new("one") { Labels = new Dictionary<string, string> { ["disk"] = "ssd", ["tier"] = "gold" } };
        await using SandboxWorld world = await SandboxWorld.StartAsync(new NodeOptions { Machines = [before] });
        await world.Api.PatchAsync("api/v1/nodes/one", Json.Parse("""{"metadata":{"labels":{"mine":"yes"} } }"""), cancel: Cancel);

        await world.Cluster.Nodes.ChangeAsync([before with { Labels = new Dictionary<string, string> { ["disk"] = "hdd" } }], Cancel);

        JsonObject node = await world.Api.GetAsync("api/v1/nodes/one", Cancel);
        Assert.Equal(("hdd", null, "yes", "one"), (Meta.Label(node, "disk"), Meta.Label(node, "tier"), Meta.Label(node, "mine"), Meta.Label(node, "kubernetes.io/hostname")));
    }

    [Fact]
    public async Task Without_any_node_there_is_no_cluster_and_nothing_changes()
    {
        await using SandboxWorld world = await SandboxWorld.StartAsync(new NodeOptions { Count = 2 });
        MeshException refused = await Assert.ThrowsAsync<MeshException>(() => world.Cluster.Nodes.ChangeAsync([], Cancel));
        Assert.Equal("SandboxNodeCountInvalid", refused.ErrorId);
        Assert.Equal(["node-1", "node-2"], await NamesAsync(world));
    }

    [Fact]
    public async Task A_tainted_node_takes_only_what_tolerates_it()
    {
        await using SandboxWorld world = await SandboxWorld.StartAsync(new NodeOptions
        {
            Machines = [new NodeMachine("master") { Taints = [("node-role.kubernetes.io/master", "NoSchedule")] }, new NodeMachine("worker")],
            StartTime = TimeSpan.Zero,
        });
        await world.NamespaceAsync("shop");
        await world.CreateAsync(Web);
        await ReadyOnAsync(world, "worker");
    }

    private static async Task<string[]> NamesAsync(SandboxWorld world) =>
        [.. (await world.Api.ListAsync("api/v1/nodes", Cancel)).Select(Meta.Name).Order(StringComparer.Ordinal)];

    /// <summary>Six pods are ready, and no other nodes than these have any of them.</summary>
    private static Task ReadyOnAsync(SandboxWorld world, params string[] nodes) => SandboxWorld.UntilAsync(async () =>
    {
        IReadOnlyList<JsonObject> pods = await world.Api.ListAsync("api/v1/namespaces/shop/pods", Cancel);
        return pods.Count == 6 && pods.All(Pods.IsReady) && pods.Select(pod => Json.Text(pod, "spec", "nodeName")).ToHashSet().IsSubsetOf(nodes);
    }, $"six pods are ready on no others than {string.Join(" and ", nodes)}");
}
