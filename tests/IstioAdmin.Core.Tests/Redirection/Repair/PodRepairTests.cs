using System.Text.Json.Nodes;
using IstioAdmin.Core.Health;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Repair;
using IstioAdmin.Core.Redirection.Verdicts;
using IstioAdmin.Core.Tests.Workloads;
using IstioAdmin.Testing;

namespace IstioAdmin.Core.Tests.Redirection.Repair;

public sealed class PodRepairTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_broken_pod_among_sound_ones_is_evicted_and_its_successor_tested()
    {
        await using ClusterWorld world = await DeploymentAsync(3);
        world.Objects.Evicted = _ => world.Objects.PutPod("demo", "web-5d4f-new", "ReplicaSet", "web-5d4f");

        RepairedPod repaired = Assert.Single(await RepairAsync(world, Options(RedirectionVerdict.Redirected), Broken(await world.PodAsync("demo", "web-5d4f-1"))));

        Assert.Equal((RepairAction.Evicted, RedirectionVerdict.NotRedirected, RedirectionVerdict.Redirected, true, "Deployment/web"),
            (repaired.Action, repaired.Before, repaired.After, repaired.Repaired, repaired.Workload));
        Assert.Equal(["web-5d4f-new"], repaired.Replacements);
        Assert.Equal(["POST /api/v1/namespaces/demo/pods/web-5d4f-1/eviction"], world.Objects.Writes);
    }

    [Fact]
    public async Task When_most_pods_of_a_deployment_are_broken_it_is_restarted_once()
    {
        await using ClusterWorld world = await DeploymentAsync(3);
        world.Objects.Patched = (_, found) =>
        {
            foreach (int i in Enumerable.Range(0, 3))
            {
                world.Objects.Drop($"/api/v1/namespaces/demo/pods/web-5d4f-{i}");
                world.Objects.PutPod("demo", $"web-77aa-{i}", "ReplicaSet", "web-77aa");
            }
            found["status"] = FakeCluster.RolledOut(3, 2);
        };

        IReadOnlyList<RepairedPod> repaired = await RepairAsync(world, Options(RedirectionVerdict.Redirected),
            Broken(await world.PodAsync("demo", "web-5d4f-0")), Broken(await world.PodAsync("demo", "web-5d4f-2")));

        Assert.Equal(["web-5d4f-0", "web-5d4f-2"], repaired.Select(pod => pod.Name));
        Assert.All(repaired, pod => Assert.Equal((RepairAction.Restarted, RedirectionVerdict.Redirected), (pod.Action, pod.After)));
        Assert.All(repaired, pod => Assert.Equal(3, pod.Replacements.Count));
        Assert.StartsWith("PATCH ", Assert.Single(world.Objects.Writes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pods_of_a_stateful_set_go_one_at_a_time_even_when_all_are_broken()
    {
        await using ClusterWorld world = await ClusterWorld.StartAsync();
        List<string> events = [];
        foreach (int i in Enumerable.Range(0, 2))
            world.Objects.PutPod("demo", $"db-{i}", "StatefulSet", "db");
        world.Objects.Evicted = name =>
        {
            events.Add($"evicted {name}, {world.Objects.Server.Requests.Count(request => request.Contains("/eviction", StringComparison.Ordinal))} asked");
            world.Objects.PutPod("demo", name, "StatefulSet", "db");
        };

        IReadOnlyList<RepairedPod> repaired = await RepairAsync(world, Options(RedirectionVerdict.Redirected), Broken(await world.PodAsync("demo", "db-0")), Broken(await world.PodAsync("demo", "db-1")));

        Assert.Equal(["evicted db-0, 1 asked", "evicted db-1, 2 asked"], events);
        Assert.Equal([["db-0"], ["db-1"]], repaired.Select(pod => pod.Replacements.ToArray()));
    }

    [Fact]
    public async Task A_budget_that_objects_is_asked_again_until_it_gives_in()
    {
        await using ClusterWorld world = await DeploymentAsync(3);
        int asked = 0;
        world.Objects.Budget = _ => ++asked < 3 ? "The disruption budget web needs 3 healthy pods and has 3 currently" : null;
        world.Objects.Evicted = _ => world.Objects.PutPod("demo", "web-5d4f-new", "ReplicaSet", "web-5d4f");

        RepairedPod repaired = Assert.Single(await RepairAsync(world, Options(RedirectionVerdict.Redirected), Broken(await world.PodAsync("demo", "web-5d4f-1"))));

        Assert.Equal((RepairAction.Evicted, 3), (repaired.Action, asked));
    }

    [Fact]
    public async Task A_budget_that_objects_to_the_end_is_named_and_nothing_is_deleted()
    {
        await using ClusterWorld world = await DeploymentAsync(3);
        world.Objects.Budget = _ => "The disruption budget web needs 3 healthy pods and has 3 currently";

        MeshException blocked = await Assert.ThrowsAsync<MeshException>(async () =>
            await RepairAsync(world, Options(RedirectionVerdict.Redirected, TimeSpan.FromSeconds(4)), Broken(await world.PodAsync("demo", "web-5d4f-1"))));

        Assert.Equal("EvictionBlocked", blocked.ErrorId);
        Assert.Contains("The disruption budget web needs 3 healthy pods", blocked.Message, StringComparison.Ordinal);
        Assert.NotNull(world.Objects.Find("/api/v1/namespaces/demo/pods/web-5d4f-1"));
    }

    [Fact]
    public async Task Without_waiting_a_budget_is_asked_once()
    {
        await using ClusterWorld world = await DeploymentAsync(3);
        world.Objects.Budget = _ => "no";

        await Assert.ThrowsAsync<MeshException>(async () => await RepairAsync(world, Options(RedirectionVerdict.Redirected) with { Wait = null }, Broken(await world.PodAsync("demo", "web-5d4f-1"))));

        Assert.Single(world.Objects.Writes);
    }

    [Fact]
    public async Task Without_waiting_only_the_first_of_several_pods_is_evicted()
    {
        await using ClusterWorld world = await ClusterWorld.StartAsync();
        foreach (int i in Enumerable.Range(0, 2))
            world.Objects.PutPod("demo", $"db-{i}", "StatefulSet", "db");
        BrokenPod[] pods = [Broken(await world.PodAsync("demo", "db-0")), Broken(await world.PodAsync("demo", "db-1"))];

        MeshException rest = await Assert.ThrowsAsync<MeshException>(async () => await RepairAsync(world, Options(RedirectionVerdict.Redirected) with { Wait = null }, pods));

        Assert.Equal("RepairIncomplete", rest.ErrorId);
        Assert.Equal("POST /api/v1/namespaces/demo/pods/db-0/eviction", Assert.Single(world.Objects.Writes));
    }

    [Fact]
    public async Task A_successor_that_does_not_become_ready_is_an_error_that_says_why()
    {
        await using ClusterWorld world = await DeploymentAsync(3);
        world.Objects.Evicted = _ => world.Objects.PutPod("demo", "web-5d4f-new", "ReplicaSet", "web-5d4f", ready: false);

        MeshException late = await Assert.ThrowsAsync<MeshException>(async () =>
            await RepairAsync(world, Options(RedirectionVerdict.Redirected, TimeSpan.FromSeconds(4)), Broken(await world.PodAsync("demo", "web-5d4f-1"))));

        Assert.Equal("ReplacementTimedOut", late.ErrorId);
        Assert.Contains("web-5d4f-new", late.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_successor_that_is_broken_too_is_told_as_it_is()
    {
        await using ClusterWorld world = await DeploymentAsync(3);
        world.Objects.Evicted = _ => world.Objects.PutPod("demo", "web-5d4f-new", "ReplicaSet", "web-5d4f");

        RepairedPod repaired = Assert.Single(await RepairAsync(world, Options(RedirectionVerdict.Partial), Broken(await world.PodAsync("demo", "web-5d4f-1"))));

        Assert.Equal((RedirectionVerdict.Partial, false), (repaired.After, repaired.Repaired));
    }

    [Theory]
    [InlineData(RedirectionVerdict.Redirected)]
    [InlineData(RedirectionVerdict.NotExpected)]
    public async Task Sound_pods_are_left_alone(RedirectionVerdict verdict)
    {
        await using ClusterWorld world = await DeploymentAsync(1);

        RepairPlan plan = await PlanAsync(world, Options(RedirectionVerdict.Redirected), new BrokenPod(await world.PodAsync("demo", "web-5d4f-0"), verdict, []));

        Assert.Equal((RepairAction.None, true), (Assert.Single(plan.Sound).Action, plan.Sound[0].Repaired));
        Assert.Empty(plan.Steps);
    }

    [Fact]
    public async Task Pods_whose_verdict_is_not_known_are_tested_first()
    {
        await using ClusterWorld world = await DeploymentAsync(1);

        RepairPlan plan = await PlanAsync(world, Options(RedirectionVerdict.Redirected), new BrokenPod(await world.PodAsync("demo", "web-5d4f-0"), null, []));

        Assert.Equal(RedirectionVerdict.Redirected, Assert.Single(plan.Sound).Before);
    }

    [Fact]
    public async Task What_nobody_can_test_is_refused()
    {
        await using ClusterWorld world = await DeploymentAsync(1);

        RepairPlan plan = await PlanAsync(world, Options(RedirectionVerdict.Redirected) with { Test = null }, new BrokenPod(await world.PodAsync("demo", "web-5d4f-0"), null, []));

        Assert.Equal("PodNotVerified", Assert.Single(plan.Refused).Why.ErrorId);
    }

    [Theory]
    [InlineData(null, "PodHasNoController")]
    [InlineData("Node", "StaticPod")]
    [InlineData("Job", "PodOfJob")]
    public async Task Pods_that_would_not_come_back_are_refused(string? owner, string error)
    {
        await using ClusterWorld world = await ClusterWorld.StartAsync();
        world.Objects.PutPod("demo", "alone-x", owner, "alone");

        RepairPlan plan = await PlanAsync(world, Options(RedirectionVerdict.Redirected), Broken(await world.PodAsync("demo", "alone-x")));

        Assert.Equal(error, Assert.Single(plan.Refused).Why.ErrorId);
        Assert.Empty(plan.Steps);
    }

    [Fact]
    public async Task Force_evicts_a_pod_without_a_controller_and_does_not_wait_for_another()
    {
        await using ClusterWorld world = await ClusterWorld.StartAsync();
        world.Objects.PutPod("demo", "alone", ownerKind: null);

        RepairedPod repaired = Assert.Single(await RepairAsync(world, Options(RedirectionVerdict.Redirected) with { Force = true }, Broken(await world.PodAsync("demo", "alone"))));

        Assert.Equal((RepairAction.Evicted, false), (repaired.Action, repaired.Repaired));
        Assert.Null(world.Objects.Find("/api/v1/namespaces/demo/pods/alone"));
    }

    [Theory]
    [InlineData("ApplicationRunsAsProxy", null, false)]
    [InlineData("ApplicationRunsAsProxy", "NoRules", true)]
    [InlineData("RulesMissing", null, true)]
    public async Task A_restart_is_refused_only_where_all_that_is_wrong_would_stay(string first, string? second, bool restarted)
    {
        await using ClusterWorld world = await DeploymentAsync(3);
        RedirectionFinding[] findings = [.. new[] { first, second }.OfType<string>().Select(name => new RedirectionFinding(name, FindingSeverity.Error, "text", "Change the template."))];

        RepairPlan plan = await PlanAsync(world, Options(RedirectionVerdict.Redirected), Broken(await world.PodAsync("demo", "web-5d4f-1")) with { Findings = findings });

        Assert.Equal(restarted, plan.Steps.Count == 1);
        if (!restarted)
            Assert.Contains("Change the template.", Assert.Single(plan.Refused).Why.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broken_chain_on_the_node_refuses_the_restart_unless_forced()
    {
        await using ClusterWorld world = await DeploymentAsync(3);
        List<string> asked = [];
        RepairOptions options = Options(RedirectionVerdict.Redirected) with
        {
            CheckNode = (node, _) =>
            {
                asked.Add(node);
                return Task.FromResult<IReadOnlyList<MeshCheck>>([new MeshCheck
                {
                    Cluster = "fake", Category = "CniChain", Name = "IstioCniChained", Target = node, Status = CheckStatus.Fail, Severity = CheckSeverity.Error,
                    Description = "d", Message = "10-x.conflist does not call istio-cni.", Hint = "Delete the agent.",
                }]);
            },
        };
        BrokenPod[] pods = [Broken(await world.PodAsync("demo", "web-5d4f-0")), Broken(await world.PodAsync("demo", "web-5d4f-1"))];

        RepairPlan refused = await PlanAsync(world, options, pods);
        RepairPlan forced = await PlanAsync(world, options with { Force = true }, pods);

        Assert.All(refused.Refused, each => Assert.Equal("CniBrokenOnNode", each.Why.ErrorId));
        Assert.Contains("10-x.conflist does not call istio-cni", refused.Refused[0].Why.Message, StringComparison.Ordinal);
        Assert.Equal(["node-1"], asked);
        Assert.Single(forced.Steps);
    }

    [Fact]
    public async Task A_node_that_cannot_be_checked_does_not_hold_up_the_repair()
    {
        await using ClusterWorld world = await DeploymentAsync(3);

        RepairPlan plan = await PlanAsync(world,
            Options(RedirectionVerdict.Redirected) with { CheckNode = (_, _) => throw new MeshException("Forbidden", FailureKind.Forbidden, "no exec for you") },
            Broken(await world.PodAsync("demo", "web-5d4f-1")));

        Assert.Single(plan.Steps);
        Assert.Contains(world.Reporter.Details, line => line.Contains("no exec for you", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_paused_deployment_gives_its_pods_up_one_at_a_time()
    {
        await using ClusterWorld world = await DeploymentAsync(1);
        world.Objects.PutWorkload("deployments", "Deployment", "demo", "web", 1, """{"paused":true}""");

        RepairPlan plan = await PlanAsync(world, Options(RedirectionVerdict.Redirected), Broken(await world.PodAsync("demo", "web-5d4f-0")));

        Assert.Equal(RepairAction.Evicted, Assert.Single(plan.Steps).Action);
        Assert.Contains("paused", plan.Steps[0].Target, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pod_that_was_replaced_in_the_meantime_is_not_evicted_in_its_stead()
    {
        await using ClusterWorld world = await ClusterWorld.StartAsync();
        JsonObject pod = world.Objects.PutPod("demo", "db-0", "StatefulSet", "db");
        BrokenPod broken = Broken(await world.PodAsync("demo", "db-0"));
        world.Objects.Refuse = request => request.Path.Value!.EndsWith("/eviction", StringComparison.Ordinal)
            ? (409, "Precondition failed: UID in precondition: a, UID in object meta: b") : null;

        RepairedPod repaired = Assert.Single(await RepairAsync(world, Options(RedirectionVerdict.Redirected) with { Wait = null }, broken));

        Assert.Contains("gone already", repaired.Message, StringComparison.Ordinal);
        Assert.Same(pod, world.Objects.Find("/api/v1/namespaces/demo/pods/db-0"));
    }

    private static async Task<ClusterWorld> DeploymentAsync(int replicas)
    {
        ClusterWorld world = await ClusterWorld.StartAsync();
        world.Objects.PutWorkload("deployments", "Deployment", "demo", "web", replicas);
        world.Objects.PutReplicaSet("demo", "web-5d4f", "web");
        foreach (int i in Enumerable.Range(0, replicas))
            world.Objects.PutPod("demo", $"web-5d4f-{i}", "ReplicaSet", "web-5d4f");
        return world;
    }

    private static BrokenPod Broken(MeshPod pod) => new(pod, RedirectionVerdict.NotRedirected, []);

    private static RepairOptions Options(RedirectionVerdict after, TimeSpan? wait = null) => new()
    {
        Test = (pods, _) => Task.FromResult<IReadOnlyList<BrokenPod>>([.. pods.Select(pod => new BrokenPod(pod, after, []))]),
        Wait = wait ?? TimeSpan.FromSeconds(30),
    };

    private static Task<RepairPlan> PlanAsync(ClusterWorld world, RepairOptions options, params BrokenPod[] pods) =>
        PodRepair.PlanAsync(world.Cluster, pods, options, world.Reporter, Cancel);

    private static async Task<IReadOnlyList<RepairedPod>> RepairAsync(ClusterWorld world, RepairOptions options, params BrokenPod[] pods)
    {
        RepairPlan plan = await PlanAsync(world, options, pods);
        List<RepairedPod> repaired = [];
        foreach (RepairStep step in plan.Steps)
        {
            await foreach (RepairedPod pod in PodRepair.RunAsync(world.Cluster, step, options, world.Reporter, Cancel))
                repaired.Add(pod);
        }
        return repaired;
    }
}
