using System.Text.Json.Nodes;
using IstioAdmin.Core.Cni.Migration;
using IstioAdmin.Core.Cni.Switching;

namespace IstioAdmin.Core.Tests.Cni.Switching;

public sealed class MigrationTests
{
    [Fact]
    public async Task A_template_that_was_injected_by_hand_is_left_alone()
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync();
        world.Objects.Find("/apis/apps/v1/namespaces/shop/deployments/pay")!["spec"]!["template"]!["spec"]!["initContainers"] = JsonNode.Parse("""[{"name":"istio-init"}]""");

        CniOutcome outcome = await world.RunAsync();

        Assert.Null(outcome.Failure);
        Assert.Equal([MigrationOutcome.Migrated, MigrationOutcome.Skipped, MigrationOutcome.Migrated], outcome.State.Workloads.Select(workload => workload.Outcome));
        Assert.Contains("kube-inject", outcome.State.Workloads[1].Message, StringComparison.Ordinal);
        Assert.Single(world.Operator.WithInit("pay"));
    }

    [Fact]
    public async Task A_pod_without_a_controller_is_left_alone()
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync();
        world.Objects.PutPod("shop", "alone", ownerKind: null)["spec"]!["initContainers"] = JsonNode.Parse("""[{"name":"istio-init"}]""");

        WorkloadMigration alone = Assert.Single((await world.PlanAsync()).Workloads, workload => workload.Kind == "Pod");

        Assert.Equal(MigrationOutcome.Skipped, alone.Outcome);
    }

    [Fact]
    public async Task Only_the_namespaces_that_were_asked_for_are_migrated()
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync();

        Assert.Empty((await world.PlanAsync(new CniRequest { Migrate = true, WantsNamespace = name => name != "shop" })).Workloads);
    }

    [Fact]
    public async Task A_workload_that_would_lose_its_sidecar_is_not_touched()
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync();
        world.Objects.Admit = pod => pod;

        CniOutcome outcome = await world.RunAsync();

        Assert.Equal("SidecarWouldBeLost", outcome.Failure!.ErrorId);
        Assert.DoesNotContain(world.Objects.Writes, write => write.Contains("/deployments/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Pods_are_replaced_once_the_injector_works_by_its_new_template()
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync();
        int asked = 0;
        world.Objects.Admit = pod =>
        {
            JsonArray init = ++asked < 3 ? [new JsonObject { ["name"] = "istio-init" }] : [];
            pod["spec"]!["initContainers"] = init;
            pod["spec"]!["containers"] = new JsonArray(new JsonObject { ["name"] = "istio-proxy" });
            return pod;
        };

        CniOutcome outcome = await world.RunAsync(new CniRequest { Migrate = true });

        Assert.Null(outcome.Failure);
        Assert.Equal(5, asked);
    }

    [Fact]
    public async Task New_pods_of_the_old_template_are_a_failure_that_says_so()
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync();
        world.Operator.InjectorHasInit = true;

        CniOutcome outcome = await world.RunAsync();

        Assert.Equal("InjectorNotUpdated", outcome.Failure!.ErrorId);
        Assert.Equal(MigrationOutcome.Failed, outcome.State.Workloads[0].Outcome);
    }

    [Theory]
    [InlineData(1, """{"maxUnavailable":"25%","maxSurge":"25%"}""", 1, true)]
    [InlineData(4, """{"maxUnavailable":"25%","maxSurge":"25%"}""", 3, true)]
    [InlineData(4, """{"maxUnavailable":"25%","maxSurge":"25%"}""", 4, false)]
    [InlineData(1, """{"maxUnavailable":1,"maxSurge":0}""", 1, false)]
    [InlineData(1, """{"maxUnavailable":0,"maxSurge":0}""", 1, false)]
    public async Task A_deployment_is_rolled_out_where_that_leaves_its_budget_enough_and_evicted_pod_by_pod_where_not(int replicas, string rolling, int wanted, bool restarted)
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync();
        foreach (string name in new[] { "cart", "pay", "web" })
        {
            world.Objects.Drop($"/apis/apps/v1/namespaces/shop/deployments/{name}");
            foreach (string pod in world.Operator.Pods(name))
                world.Objects.Drop($"/api/v1/namespaces/shop/pods/{pod}");
        }
        world.Operator.PutDeployment("api", replicas);
        JsonNode spec = world.Objects.Find("/apis/apps/v1/namespaces/shop/deployments/api")!["spec"]!;
        spec["strategy"] = new JsonObject { ["rollingUpdate"] = JsonNode.Parse(rolling) };
        spec["template"]!["metadata"]!["labels"] = new JsonObject { ["app"] = "api" };
        world.Objects.Put("/apis/policy/v1", """{"metadata":{},"resources":[{"name":"poddisruptionbudgets","kind":"PodDisruptionBudget","namespaced":true}]}""");
        world.Objects.Put("/apis/policy/v1/namespaces/shop/poddisruptionbudgets/api", $$"""{"metadata":{"name":"api"},"spec":{"selector":{"matchLabels":{"app":"api"} } },"status":{"desiredHealthy":{{wanted}} } }""");

        CniOutcome outcome = await world.RunAsync();

        Assert.Null(outcome.Failure);
        Assert.Equal(restarted ? 0 : replicas, world.Objects.Writes.Count(write => write.EndsWith("/eviction", StringComparison.Ordinal)));
        Assert.Empty(world.Operator.WithInit("api"));
    }

    [Fact]
    public async Task Several_workloads_may_move_at_a_time()
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync();

        CniOutcome outcome = await world.RunAsync(maxUnavailable: 3);

        Assert.Null(outcome.Failure);
        Assert.All(outcome.State.Workloads, workload => Assert.Equal(MigrationOutcome.Migrated, workload.Outcome));
    }
}
