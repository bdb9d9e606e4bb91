using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Client;
using IstioAdmin.Sandbox.Controllers;
using IstioAdmin.Sandbox.Nodes;

namespace IstioAdmin.Sandbox.Tests.Nodes;

/// <summary>Where pods go, and what becomes of those that go nowhere.</summary>
public sealed class SchedulingTests
{
    [Fact]
    public async Task A_pod_that_fits_nowhere_says_why_and_goes_where_it_fits_when_there_is_a_place()
    {
        await using SandboxWorld world = await SandboxWorld.StartAsync();
        await world.NamespaceAsync("shop");
        await world.Api.PatchAsync("api/v1/nodes/node-1", Json.Parse("""{"spec":{"taints":[{"key":"special","value":"yes","effect":"NoSchedule"}]} }"""), cancel: TestContext.Current.CancellationToken);

        await world.CreateAsync(Manifests.Plain("shop", "picky", """, "nodeSelector":{"disk":"ssd"} """));
        JsonObject pod = await world.UntilAsync("api/v1/namespaces/shop/pods/picky", pod => Meta.Condition(pod, "PodScheduled") is not null, "the scheduler has tried");
        Assert.Equal("Unschedulable", Json.Text(Meta.Condition(pod, "PodScheduled"), "reason"));
        Assert.Equal("0/3 nodes are available: 3 node(s) didn't match Pod's node affinity.", Json.Text(Meta.Condition(pod, "PodScheduled"), "message"));

        await world.Api.PatchAsync("api/v1/nodes/node-2", Json.Parse("""{"metadata":{"labels":{"disk":"ssd"} } }"""), cancel: TestContext.Current.CancellationToken);
        pod = await world.ReadyAsync("shop", "picky");
        Assert.Equal("node-2", Json.Text(pod, "spec", "nodeName"));

        await world.CreateAsync(Manifests.Plain("shop", "tainted", """, "nodeSelector":{"kubernetes.io/hostname":"node-1"} """));
        pod = await world.UntilAsync("api/v1/namespaces/shop/pods/tainted", pod => Meta.Condition(pod, "PodScheduled") is not null, "the scheduler has tried");
        Assert.Equal("0/3 nodes are available: 1 node(s) had taint {special: yes}, that the pod didn't tolerate, 2 node(s) didn't match Pod's node affinity.", Json.Text(Meta.Condition(pod, "PodScheduled"), "message"));
    }

    [Fact]
    public async Task Pods_are_spread_and_no_node_gets_more_than_it_takes()
    {
        await using SandboxWorld world = await SandboxWorld.StartAsync(new NodeOptions { Count = 4, PodsPerNode = 5, StartTime = TimeSpan.Zero });
        await world.NamespaceAsync("shop");
        await world.CreateAsync(Enumerable.Range(0, 21).Select(i => Manifests.Plain("shop", $"pod-{i}")).ToArray());
        Informer pods = Pods.Of(world.Cluster.Controllers.Context.Informers);

        await SandboxWorld.UntilAsync(() => Task.FromResult(pods.All().Count(Pods.IsReady) == 20), "twenty pods are ready");
        await SandboxWorld.UntilAsync(() => Task.FromResult(pods.All().Count(pod => Json.Text(Meta.Condition(pod, "PodScheduled"), "message") == "0/4 nodes are available: 4 Too many pods.") == 1), "one waits");

        Assert.Equal([5, 5, 5, 5], pods.All().Where(Pods.IsReady).GroupBy(pod => Json.Text(pod, "spec", "nodeName")).Select(node => node.Count()));
        Assert.Equal(20, pods.All().Select(pod => Json.Text(pod, "status", "podIP")).OfType<string>().Distinct().Count());
    }

    [Fact]
    public async Task An_image_that_cannot_be_pulled_is_said_to_be_and_is_pulled_once_it_can_be()
    {
        await using SandboxWorld world = await SandboxWorld.StartAsync();
        await world.NamespaceAsync("shop");
        world.Faults.SetUnpullable("registry.local/*", true);
        await world.CreateAsync(Manifests.Plain("shop", "web"));

        await world.UntilAsync("api/v1/namespaces/shop/pods/web",
            pod => Json.Text(Meta.Items(pod, "status", "containerStatuses").FirstOrDefault(), "state", "waiting", "reason") == "ImagePullBackOff", "the pull fails");
        world.Faults.SetUnpullable("registry.local/*", false);
        JsonObject ready = await world.ReadyAsync("shop", "web");

        Assert.Matches("^containerd://[0-9a-f]{64}$", Json.Text(Meta.Items(ready, "status", "containerStatuses").Single(), "containerID"));
        Assert.Matches(@"^10\.64\.[123]\.\d+$", Json.Text(ready, "status", "podIP"));
    }

    [Fact]
    public async Task A_node_whose_kubelet_is_silent_is_not_ready_nor_are_its_pods()
    {
        await using SandboxWorld world = await SandboxWorld.StartAsync(new NodeOptions { Count = 1, StartTime = TimeSpan.Zero });
        await world.NamespaceAsync("shop");
        await world.CreateAsync(Manifests.Plain("shop", "web"));
        await world.ReadyAsync("shop", "web");

        world.Faults.SetNodeDead("node-1", true);
        await world.UntilAsync("api/v1/nodes/node-1", node => Json.Text(Meta.Condition(node, "Ready"), "status") == "Unknown" && Meta.Items(node, "spec", "taints").Count() == 2, "the node is given up");
        await world.UntilAsync("api/v1/namespaces/shop/pods/web", pod => !Pods.IsReady(pod), "its pod is not ready");

        world.Faults.SetNodeDead("node-1", false);
        await world.UntilAsync("api/v1/nodes/node-1", node => Json.Text(Meta.Condition(node, "Ready"), "status") == "True" && !Meta.Items(node, "spec", "taints").Any(), "the node is back");
        await world.ReadyAsync("shop", "web");
    }

    [Fact]
    public async Task A_pod_that_is_not_restarted_ends_when_its_work_or_its_time_is_over()
    {
        await using SandboxWorld world = await SandboxWorld.StartAsync();
        await world.NamespaceAsync("shop");
        await world.CreateAsync(
            Manifests.Plain("shop", "once", """, "restartPolicy":"Never" """),
            """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"late","namespace":"shop"},"spec":{"restartPolicy":"Never","activeDeadlineSeconds":1,"containers":[{"name":"app","image":"a","command":["sh","-c","exec sleep 3600"]}]} }""");

        JsonObject once = await world.UntilAsync("api/v1/namespaces/shop/pods/once", Pods.HasEnded, "it has ended");
        JsonObject late = await world.UntilAsync("api/v1/namespaces/shop/pods/late", Pods.HasEnded, "its time is over");

        Assert.Equal(("Succeeded", 0), (Pods.Phase(once), Meta.Int(Meta.Items(once, "status", "containerStatuses").Single(), "state", "terminated", "exitCode")));
        Assert.Equal(("Failed", "DeadlineExceeded"), (Pods.Phase(late), Json.Text(late, "status", "reason")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5001)]
    public async Task As_many_nodes_as_there_can_be(int count)
    {
        MeshException refused = await Assert.ThrowsAsync<MeshException>(() => SandboxWorld.StartAsync(new NodeOptions { Count = count }));

        Assert.Equal("SandboxNodeCountInvalid", refused.ErrorId);
    }
}
