using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Applying;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Repair;
using IstioAdmin.Core.Redirection.Verdicts;
using IstioAdmin.Core.Workloads;
using IstioAdmin.Testing;
using k8s;
using k8s.Models;

namespace IstioAdmin.Cluster.Tests;

/// <summary>Restarts and evictions with a real API server and real controllers; the test lets pods run, as a kubelet would.</summary>
public sealed class RepairTests(Testbed testbed)
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_restart_replaces_every_pod_and_ends_when_they_are_available()
    {
        await using BookinfoWorld world = await BookinfoWorld.CreateAsync(testbed);
        string node = await RunAsync(world, replicas: 2);
        HashSet<string> before = [.. (await PodsAsync(world)).Select(pod => pod.Uid!)];
        var web = new WorkloadReference(world.Namespace, "Deployment", "web");
        await WorkloadRestart.CheckAsync(world.Cluster, web, Cancel);

        RestartedWorkload started = await WorkloadRestart.StartAsync(world.Cluster, web, Cancel);
        RestartedWorkload done = await WhileRunningAsync(world, node, WorkloadRestart.WaitAsync(world.Cluster, started, Long, world, Cancel));

        Assert.False(started.RolledOut);
        Assert.Equal((true, 2, 2), (done.RolledOut, done.Available, done.Desired));
        V1Deployment deployment = await world.Cluster.Client.Api.AppsV1.ReadNamespacedDeploymentAsync("web", world.Namespace, cancellationToken: Cancel);
        Assert.True(deployment.Spec.Template.Metadata.Annotations.ContainsKey(WorkloadRestart.Annotation));
        Assert.Contains(deployment.Metadata.ManagedFields, entry => entry.Manager == "istioadmin");
        V1PodList pods = await world.Cluster.Client.Api.CoreV1.ListNamespacedPodAsync(world.Namespace, cancellationToken: Cancel);
        Assert.Equal(2, pods.Items.Count(pod => pod.Metadata.DeletionTimestamp is null && !before.Contains(pod.Metadata.Uid)));
    }

    [Fact]
    public async Task A_paused_deployment_is_refused()
    {
        await using BookinfoWorld world = await BookinfoWorld.CreateAsync(testbed);
        await CreateAsync(world, replicas: 1, paused: true);

        MeshException refused = await Assert.ThrowsAsync<MeshException>(() => WorkloadRestart.CheckAsync(world.Cluster, new(world.Namespace, "Deployment", "web"), Cancel));

        Assert.Equal("WorkloadPaused", refused.ErrorId);
    }

    [Fact]
    public async Task A_disruption_budget_keeps_a_pod_and_is_named()
    {
        await using BookinfoWorld world = await BookinfoWorld.CreateAsync(testbed);
        await RunAsync(world, replicas: 3);
        await BudgetAsync(world, minAvailable: 3);
        IReadOnlyList<MeshPod> pods = await PodsAsync(world);

        MeshException blocked = await Assert.ThrowsAsync<MeshException>(() => RepairAsync(world, Options(TimeSpan.FromSeconds(15)), pods[0]));

        Assert.Equal("EvictionBlocked", blocked.ErrorId);
        Assert.Contains("budget", blocked.Message, StringComparison.Ordinal);
        Assert.Contains("web", blocked.Message, StringComparison.Ordinal);
        Assert.Equal(pods.Select(pod => pod.Uid).Order(StringComparer.Ordinal), (await PodsAsync(world)).Select(pod => pod.Uid).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_pod_that_a_budget_lets_go_is_replaced_by_one_that_is_ready()
    {
        await using BookinfoWorld world = await BookinfoWorld.CreateAsync(testbed);
        string node = await RunAsync(world, replicas: 3);
        await BudgetAsync(world, minAvailable: 2);
        IReadOnlyList<MeshPod> pods = await PodsAsync(world);

        RepairedPod repaired = Assert.Single(await WhileRunningAsync(world, node, RepairAsync(world, Options(Long), pods[0])));

        Assert.Equal((RepairAction.Evicted, RedirectionVerdict.Redirected, "Deployment/web"), (repaired.Action, repaired.After, repaired.Workload));
        Assert.DoesNotContain(Assert.Single(repaired.Replacements), pods.Select(pod => pod.Name));
        V1Pod gone = await world.Cluster.Client.Api.CoreV1.ReadNamespacedPodAsync(pods[0].Name, world.Namespace, cancellationToken: Cancel);
        Assert.NotNull(gone.Metadata.DeletionTimestamp);
    }

    [Fact]
    public async Task Most_pods_broken_restart_the_deployment()
    {
        await using BookinfoWorld world = await BookinfoWorld.CreateAsync(testbed);
        string node = await RunAsync(world, replicas: 2);
        IReadOnlyList<MeshPod> pods = await PodsAsync(world);

        IReadOnlyList<RepairedPod> repaired = await WhileRunningAsync(world, node, RepairAsync(world, Options(Long), [.. pods]));

        Assert.Equal(2, repaired.Count);
        Assert.All(repaired, pod => Assert.Equal((RepairAction.Restarted, 2), (pod.Action, pod.Replacements.Count)));
    }

    [Fact]
    public async Task Without_the_permission_to_evict_the_verb_is_named()
    {
        await using BookinfoWorld world = await BookinfoWorld.CreateAsync(testbed);
        await RunAsync(world, replicas: 3);
        IReadOnlyList<MeshPod> pods = await PodsAsync(world);
        MeshCluster reader = await world.ConnectAsAsync("reader", "get,list");
        var step = new RepairStep { Action = RepairAction.Evicted, Pods = [new BrokenPod(pods[0], RedirectionVerdict.Partial, [])], Reason = "test" };

        MeshException refused = await Assert.ThrowsAnyAsync<MeshException>(async () =>
        {
            await foreach (RepairedPod _ in PodRepair.RunAsync(reader, step, Options(Long), world, Cancel))
                Assert.Fail("Nothing can have been done.");
        });

        Assert.Equal(FailureKind.Forbidden, refused.Kind);
        Assert.Contains("""resources: ["pods/eviction"], verbs: ["create"]""", refused.Remedy, StringComparison.Ordinal);
        reader.Client.Dispose();
    }

    private static RepairOptions Options(TimeSpan wait) => new()
    {
        Wait = wait,
        Test = (pods, _) => Task.FromResult<IReadOnlyList<BrokenPod>>([.. pods.Select(pod => new BrokenPod(pod, RedirectionVerdict.Redirected, []))]),
    };

    private static async Task<IReadOnlyList<RepairedPod>> RepairAsync(BookinfoWorld world, RepairOptions options, params MeshPod[] pods)
    {
        BrokenPod[] broken = [.. pods.Select(pod => new BrokenPod(pod, RedirectionVerdict.NotRedirected, []))];
        RepairPlan plan = await PodRepair.PlanAsync(world.Cluster, broken, options, world, Cancel);
        List<RepairedPod> repaired = [];
        await foreach (RepairedPod pod in PodRepair.RunAsync(world.Cluster, Assert.Single(plan.Steps), options, world, Cancel))
            repaired.Add(pod);
        return repaired;
    }

    /// <summary>Lets pods that come up run until the work is done.</summary>
    private static async Task<T> WhileRunningAsync<T>(BookinfoWorld world, string node, Task<T> work)
    {
        while (!work.IsCompleted)
        {
            await world.RunPodsAsync(node, BookinfoWorld.Ready);
            await Task.WhenAny(work, Task.Delay(300, Cancel));
        }
        return await work;
    }

    /// <summary>A deployment <c>web</c> whose pods are ready; returns their node.</summary>
    private static async Task<string> RunAsync(BookinfoWorld world, int replicas)
    {
        string node = await world.AddNodeAsync();
        await CreateAsync(world, replicas, paused: false);
        await Eventually.BecomesTrueAsync(async () =>
        {
            await world.RunPodsAsync(node, BookinfoWorld.Ready);
            V1Deployment deployment = await world.Cluster.Client.Api.AppsV1.ReadNamespacedDeploymentAsync("web", world.Namespace, cancellationToken: Cancel);
            return deployment.Status?.AvailableReplicas == replicas;
        }, "the deployment is available");
        return node;
    }

    private static Task<V1Deployment> CreateAsync(BookinfoWorld world, int replicas, bool paused) => world.Cluster.Client.Api.AppsV1.CreateNamespacedDeploymentAsync(new V1Deployment
    {
        Metadata = new V1ObjectMeta { Name = "web" },
        Spec = new V1DeploymentSpec
        {
            Replicas = replicas,
            Paused = paused,
            Selector = new V1LabelSelector { MatchLabels = new Dictionary<string, string> { ["app"] = "web" } },
            Template = new V1PodTemplateSpec
            {
                Metadata = new V1ObjectMeta { Labels = new Dictionary<string, string> { ["app"] = "web" } },
                Spec = new V1PodSpec { Containers = [new V1Container { Name = "web", Image = "example/web:1" }] },
            },
        },
    }, world.Namespace, cancellationToken: Cancel);

    private static async Task BudgetAsync(BookinfoWorld world, int minAvailable)
    {
        KubeClient client = world.Cluster.Client;
        // The version that the server has: v1 since Kubernetes 1.21.
        KubeResource budgets = await client.FindResourceAsync("policy/v1", "PodDisruptionBudget", Cancel) ?? (await client.FindResourceAsync("policy/v1beta1", "PodDisruptionBudget", Cancel))!;
        await client.ApplyAsync(budgets, new JsonObject
        {
            ["apiVersion"] = budgets.ApiVersion,
            ["kind"] = budgets.Kind,
            ["metadata"] = new JsonObject { ["name"] = "web-budget", ["namespace"] = world.Namespace },
            ["spec"] = new JsonObject { ["minAvailable"] = minAvailable, ["selector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["app"] = "web" } } },
        }, new ApplyOptions(), Cancel);
        await Eventually.BecomesTrueAsync(
            async () => (int?)(await client.GetAsync(budgets, world.Namespace, "web-budget", Cancel))?["status"]?["currentHealthy"] == 3,
            "the disruption controller has counted the pods");
    }

    private static async Task<IReadOnlyList<MeshPod>> PodsAsync(BookinfoWorld world)
    {
        List<MeshPod> pods = [];
        await foreach (MeshPod pod in MeshPods.ListAsync(world.Cluster, new PodSelection { Namespace = world.Namespace }, world, Cancel))
            pods.Add(pod);
        return pods;
    }
}
