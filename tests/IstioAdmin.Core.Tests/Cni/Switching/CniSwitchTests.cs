using System.Text.Json.Nodes;
using IstioAdmin.Core.Cni;
using IstioAdmin.Core.Cni.Migration;
using IstioAdmin.Core.Cni.Switching;
using IstioAdmin.Core.Kube.Applying;
using IstioAdmin.Core.Operators;
using IstioAdmin.Core.Redirection.Verdicts;

namespace IstioAdmin.Core.Tests.Cni.Switching;

public sealed class CniSwitchTests
{
    private const string Mesh = "PATCH /apis/istio.banzaicloud.io/v1beta1/namespaces/istio-system/istios/istio-sample";

    private static readonly string[] Shops = ["cart", "pay", "web"];

    [Fact]
    public async Task The_switch_changes_the_resource_and_then_replaces_and_proves_one_workload_after_the_other()
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync();

        CniOutcome outcome = await world.RunAsync();

        Assert.Null(outcome.Failure);
        Assert.Equal((IstioCniState.On, true, false, 1, 1), (outcome.State.State, outcome.State.Enabled, outcome.State.InjectsInit, outcome.State.Ready, outcome.State.Desired));
        Assert.Equal(["cart", "pay", "web"], outcome.State.Workloads.Select(workload => workload.Name));
        Assert.All(outcome.State.Workloads, workload => Assert.Equal((MigrationOutcome.Migrated, RedirectionVerdict.Redirected), (workload.Outcome, workload.Verdict)));
        Assert.Empty(Shops.SelectMany(world.Operator.WithInit));
        Assert.Equal(["cart", "pay", "web"], world.Judged.Select(name => name.Split('-')[0]));
        // Asked first without force: the operator's own default is in the way.
        Assert.Equal([Mesh, Mesh, "cart", "pay", "web"], world.Objects.Writes.Select(write => write.StartsWith(Mesh, StringComparison.Ordinal) ? Mesh : write.Split('?')[0].Split('/')[^1]));
        IstioCniNode node = Assert.Single(outcome.State.Nodes);
        Assert.Equal(("node-1", "istio-cni-node-a", true, true), (node.Node, node.Agent, node.Ready, node.Chained));
    }

    [Fact]
    public async Task A_second_run_changes_nothing()
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync();
        await world.RunAsync();
        int writes = world.Objects.Writes.Count();

        CniOutcome outcome = await world.RunAsync();

        Assert.Null(outcome.Failure);
        Assert.Equal(writes, world.Objects.Writes.Count());
        Assert.Empty(outcome.State.Workloads);
    }

    [Fact]
    public async Task A_plan_writes_nothing_and_names_all_that_would_change()
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync();

        CniPlan plan = await world.PlanAsync(new CniRequest { Migrate = true, Wish = new CniWish { ExcludedNamespaces = ["istio-system", "kube-system"], LogLevel = "debug" } });

        Assert.Equal("Istio istio-system/istio-sample (sidecarInjector.initCNIConfiguration.enabled: true, excludeNamespaces: [istio-system, kube-system], logLevel: debug)", Assert.Single(plan.Changes).Target);
        Assert.Equal(["Deployment shop/cart (1 pod)", "Deployment shop/pay (1 pod)", "Deployment shop/web (1 pod)"], plan.Workloads.Select(workload => workload.Target));
        Assert.Empty(world.Objects.Writes);
    }

    [Theory]
    [InlineData(RedirectionVerdict.NotRedirected, "NotRedirected")]
    [InlineData(RedirectionVerdict.Partial, "Partial")]
    [InlineData(RedirectionVerdict.NotExpected, "leaves them alone")]
    [InlineData(RedirectionVerdict.Unverified, "could not be proven")]
    public async Task The_first_workload_that_is_not_redirected_ends_the_migration_and_the_error_says_how_to_go_back(RedirectionVerdict verdict, string told)
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync();
        world.Judge = name => name.StartsWith("pay", StringComparison.Ordinal) ? verdict : RedirectionVerdict.Redirected;

        CniOutcome outcome = await world.RunAsync();

        Assert.Equal("RedirectionNotProven", outcome.Failure!.ErrorId);
        Assert.Contains("Deployment shop/pay", outcome.Failure.Message, StringComparison.Ordinal);
        Assert.Contains(told, outcome.Failure.Message, StringComparison.Ordinal);
        Assert.Contains("Disable-IstioCni -Migrate", outcome.Failure.Remedy, StringComparison.Ordinal);
        Assert.Equal([MigrationOutcome.Migrated, MigrationOutcome.Failed, MigrationOutcome.Pending], outcome.State.Workloads.Select(workload => workload.Outcome));
        Assert.Single(world.Operator.WithInit("web"));
        Assert.True(world.Operator.Enabled);
    }

    [Fact]
    public async Task With_force_a_workload_that_cannot_be_tested_is_warned_about()
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync();
        world.Judge = _ => RedirectionVerdict.Unverified;

        CniOutcome outcome = await world.RunAsync(new CniRequest { Migrate = true, Force = true });

        Assert.Null(outcome.Failure);
        Assert.Equal(3, world.Warnings.Count(warning => warning.Contains("could not be proven", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_rollback_undoes_the_switch_and_replaces_what_had_been_migrated()
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync();
        world.Judge = name => name.StartsWith("pay", StringComparison.Ordinal) && world.Operator.Enabled ? RedirectionVerdict.NotRedirected : RedirectionVerdict.Redirected;

        CniOutcome outcome = await world.RunAsync(rollback: true);

        Assert.Equal("RedirectionNotProven", outcome.Failure!.ErrorId);
        Assert.EndsWith("The switch and what had been migrated were rolled back.", outcome.Failure.Remedy, StringComparison.Ordinal);
        Assert.False(world.Operator.Enabled);
        Assert.Equal([MigrationOutcome.RolledBack, MigrationOutcome.RolledBack, MigrationOutcome.Pending], outcome.State.Workloads.Select(workload => workload.Outcome));
        Assert.All(Shops, name => Assert.Single(world.Operator.WithInit(name)));
        Assert.Equal(IstioCniState.Off, outcome.State.State);
    }

    [Fact]
    public async Task A_rollback_leaves_a_switch_of_an_earlier_run_alone()
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync();
        await world.RunAsync(new CniRequest());
        world.Judge = _ => RedirectionVerdict.NotRedirected;

        CniOutcome outcome = await world.RunAsync(rollback: true);

        Assert.True(world.Operator.Enabled);
        Assert.Contains("before this run", outcome.Failure!.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_operator_that_does_not_act_is_told_with_what_is_missing_and_what_it_says()
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync();
        world.Operator.Acts = false;
        world.Operator.Resource["status"] = JsonNode.Parse("""{"Status":"ReconcileFailed","ErrorMessage":"no image"}""");

        CniOutcome outcome = await world.RunAsync(seconds: 4);

        Assert.Equal("CniSwitchTimedOut", outcome.Failure!.ErrorId);
        Assert.Contains("has not made the agents' DaemonSet yet; the injector's template (ConfigMap istio-system/istio-sidecar-injector) still has istio-init", outcome.Failure.Message, StringComparison.Ordinal);
        Assert.Contains("ReconcileFailed: no image", outcome.Failure.Message, StringComparison.Ordinal);
        Assert.Equal(IstioCniState.TurningOn, outcome.State.State);
        Assert.All(outcome.State.Workloads, workload => Assert.Equal(MigrationOutcome.Pending, workload.Outcome));
    }

    [Fact]
    public async Task A_run_that_was_stopped_is_continued_by_the_next()
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync();
        using var stop = new CancellationTokenSource();
        world.Judge = name =>
        {
            if (name.StartsWith("pay", StringComparison.Ordinal))
                stop.Cancel();
            return RedirectionVerdict.Redirected;
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => world.RunAsync(cancel: stop.Token));
        Assert.Single(world.Operator.WithInit("web"));
        world.Judge = _ => RedirectionVerdict.Redirected;
        int writes = world.Objects.Writes.Count();

        CniOutcome outcome = await world.RunAsync();

        Assert.Null(outcome.Failure);
        Assert.Equal(["web"], outcome.State.Workloads.Select(workload => workload.Name));
        Assert.Equal(writes + 1, world.Objects.Writes.Count());
    }

    [Fact]
    public async Task A_workload_at_which_a_run_stopped_is_replaced_and_proven_by_the_next()
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync();
        world.Judge = name => name.StartsWith("pay", StringComparison.Ordinal) ? RedirectionVerdict.Partial : RedirectionVerdict.Redirected;
        await world.RunAsync();
        string[] left = [.. world.Operator.Pods("pay")];
        string[] sound = [.. world.Operator.Pods("cart")];
        world.Judge = name => left.Contains(name) ? RedirectionVerdict.Partial : RedirectionVerdict.Redirected;

        CniOutcome outcome = await world.RunAsync();

        Assert.Null(outcome.Failure);
        Assert.Equal(["pay", "web"], outcome.State.Workloads.Select(workload => workload.Name));
        Assert.All(outcome.State.Workloads, workload => Assert.Equal(MigrationOutcome.Migrated, workload.Outcome));
        Assert.Empty(left.Intersect(world.Operator.Pods("pay")));
        Assert.Equal(sound, world.Operator.Pods("cart"));
    }

    [Fact]
    public async Task A_workload_that_is_still_broken_in_the_next_run_stops_that_too_and_with_force_is_left_alone()
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync();
        world.Judge = name => name.StartsWith("pay", StringComparison.Ordinal) ? RedirectionVerdict.Partial : RedirectionVerdict.Redirected;
        await world.RunAsync();

        CniOutcome again = await world.RunAsync();
        string[] left = [.. world.Operator.Pods("pay")];
        CniOutcome forced = await world.RunAsync(new CniRequest { Migrate = true, Force = true });

        Assert.Equal("RedirectionNotProven", again.Failure!.ErrorId);
        Assert.Equal([MigrationOutcome.Failed, MigrationOutcome.Pending], again.State.Workloads.Select(workload => workload.Outcome));
        Assert.Null(forced.Failure);
        Assert.Equal(["web"], forced.State.Workloads.Select(workload => workload.Name));
        Assert.Equal(left, world.Operator.Pods("pay"));
        Assert.Contains(world.Warnings, warning => warning.Contains("Repair-PodRedirection", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Agents_are_rolled_when_only_their_settings_have_changed_and_only_once()
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync(enabled: true);
        var request = new CniRequest { Wish = new CniWish { ExcludedNamespaces = ["istio-system", "kube-system"] } };

        CniPlan plan = await world.PlanAsync(request);
        CniOutcome outcome = await world.RunAsync(request);
        CniOutcome second = await world.RunAsync(request);

        Assert.Equal("DaemonSet istio-system/istio-cni-node", plan.Roll);
        Assert.Equal(["istio-system", "kube-system"], outcome.State.ExcludedNamespaces);
        Assert.False(outcome.State.SettingsPending);
        Assert.Null(second.Failure);
        Assert.Equal(1, world.Objects.Writes.Count(write => write.Contains("/daemonsets/", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Fields_that_the_operator_has_written_are_taken_and_what_was_applied_before_stays()
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync();

        CniOutcome outcome = await world.RunAsync();

        Assert.Null(outcome.Failure);
        Assert.Equal((true, true, "1.1.14", "info"), (world.Operator.Enabled, (bool)world.Operator.Resource["spec"]!["mtls"]!, (string?)world.Operator.Resource["spec"]!["version"],
            (string?)world.Operator.Resource["spec"]!["sidecarInjector"]!["initCNIConfiguration"]!["logLevel"]));
    }

    [Fact]
    public async Task Fields_of_another_manager_are_a_conflict_that_names_it_before_anything_is_written()
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync(enabled: true);
        world.Operator.Own("argocd-controller", JsonNode.Parse("""{"spec":{"sidecarInjector":{"initCNIConfiguration":{"enabled":false}}}}""")!.AsObject());

        ApplyConflictException conflict = await Assert.ThrowsAsync<ApplyConflictException>(() => world.RunAsync());

        Assert.Contains("argocd-controller", conflict.Message, StringComparison.Ordinal);
        Assert.Empty(world.Objects.Writes);
        Assert.Null((await world.RunAsync(new CniRequest { Force = true })).Failure);
        Assert.True(world.Operator.Enabled);
    }

    [Fact]
    public async Task Nodes_that_may_not_be_read_are_a_warning_with_the_permission()
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync();
        world.Objects.Refuse = request => request.Path.Value!.EndsWith("/exec", StringComparison.Ordinal) ? (403, "pods \"x\" is forbidden: User \"u\" cannot create resource \"pods/exec\"") : null;

        CniOutcome outcome = await world.RunAsync();

        Assert.Null(outcome.Failure);
        Assert.Contains(world.Warnings, warning => warning.Contains("""resources: ["pods/exec"], verbs: ["create"]""", StringComparison.Ordinal));
        Assert.Null(Assert.Single(outcome.State.Nodes).Chained);
    }

    [Fact]
    public async Task A_node_whose_chain_does_not_call_the_plugin_keeps_the_switch_waiting()
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync();
        world.Objects.Exec = (_, _) => (IstioAdmin.Testing.FakeMesh.Listing(("10-net.conflist", """{"name":"n","plugins":[{"type":"bridge"}]}""")), 0);

        CniOutcome outcome = await world.RunAsync(seconds: 4);

        Assert.Equal("CniSwitchTimedOut", outcome.Failure!.ErrorId);
        Assert.Contains("node node-1: 10-net.conflist is used and does not call istio-cni", outcome.Failure.Message, StringComparison.Ordinal);
        Assert.Single(world.Operator.WithInit("cart"));
    }

    [Fact]
    public async Task Switching_off_brings_istio_init_back_before_pods_are_replaced()
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync(enabled: true);

        CniOutcome outcome = await world.RunAsync(on: false);

        Assert.Null(outcome.Failure);
        Assert.Equal((IstioCniState.Off, true), (outcome.State.State, outcome.State.InjectsInit));
        Assert.All(outcome.State.Workloads, workload => Assert.Equal(MigrationOutcome.Migrated, workload.Outcome));
        Assert.All(Shops, name => Assert.Single(world.Operator.WithInit(name)));
        Assert.StartsWith(Mesh, world.Objects.Writes.First(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Namespaces_that_would_refuse_istio_init_forbid_to_switch_off()
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync(enabled: true);
        world.Objects.Put("/api/v1/namespaces/shop", """{"metadata":{"name":"shop","labels":{"pod-security.kubernetes.io/enforce":"baseline"}}}""");

        var failed = Assert.Single(CniSwitch.Forbidding(await world.PlanAsync(on: false)));

        Assert.Equal(("InitAllowed", "shop"), (failed.Name, failed.Target));
    }
}
