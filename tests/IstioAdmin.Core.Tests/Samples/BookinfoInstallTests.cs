using IstioAdmin.Core.Kube.Changes;
using IstioAdmin.Core.Samples;

namespace IstioAdmin.Core.Tests.Samples;

public class BookinfoInstallTests
{
    private const string Deployments = "/apis/apps/v1/namespaces/demo/deployments";

    private readonly Recorder _reporter = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_plan_lists_every_object_and_writes_nothing()
    {
        await using FakeNamespace world = await FakeNamespace.StartAsync();

        ChangePlan plan = await PlanAsync(world);

        Assert.Equal(14, plan.Steps.Count);
        Assert.All(plan.Steps, step => Assert.Equal(ChangeAction.Create, step.Action));
        Assert.Contains("Deployment demo/reviews-v1", plan.Steps.Select(step => step.Target));
        Assert.Empty(world.Writes);
    }

    [Fact]
    public async Task Installing_creates_every_object_and_reports_it_ready()
    {
        await using FakeNamespace world = await FakeNamespace.StartAsync();

        MeshSample sample = await InstallAsync(world);

        Assert.True(sample is { Ready: true, Changed: true, Version: "1.20.3", Namespace: "demo", Cluster: "fake" });
        Assert.Equal(14, sample.Objects.Count);
        Assert.All(sample.Objects, item => Assert.Equal(ChangeOutcome.Created, item.Outcome));
        Assert.Equal(14, world.Writes.Count());
    }

    [Fact]
    public async Task A_second_run_writes_nothing()
    {
        await using FakeNamespace world = await FakeNamespace.StartAsync();
        await InstallAsync(world);

        MeshSample again = await InstallAsync(world);

        Assert.True(again is { Ready: true, Changed: false });
        Assert.All(again.Objects, item => Assert.Equal(ChangeOutcome.Unchanged, item.Outcome));
        Assert.Equal(14, world.Writes.Count());
    }

    [Fact]
    public async Task Another_version_changes_the_deployments_only()
    {
        await using FakeNamespace world = await FakeNamespace.StartAsync();
        await InstallAsync(world);

        MeshSample changed = await InstallAsync(world, new BookinfoOptions { Namespace = "demo", Release = BookinfoRelease.Find("1.17.0") });

        Assert.Equal(["Deployment"], changed.Objects.Where(item => item.Outcome == ChangeOutcome.Changed).Select(item => item.Kind).Distinct());
        Assert.Equal("1.17.0", changed.Version);
    }

    [Fact]
    public async Task What_is_missing_is_created_again()
    {
        await using FakeNamespace world = await FakeNamespace.StartAsync();
        await InstallAsync(world);
        world.Drop($"{Deployments}/ratings-v1");

        MeshSample repaired = await InstallAsync(world);

        Assert.Equal(["Deployment demo/ratings-v1"], repaired.Objects.Where(item => item.Outcome == ChangeOutcome.Created).Select(item => item.ToString()));
    }

    [Fact]
    public async Task A_declined_step_is_not_run()
    {
        await using FakeNamespace world = await FakeNamespace.StartAsync();
        ChangePlan plan = (await PlanAsync(world)).Approve(step => step.Name != "reviews-v3");

        MeshSample sample = await Bookinfo.InstallAsync(plan, TimeSpan.FromSeconds(20), _reporter, Cancel);

        Assert.Null(world.Find($"{Deployments}/reviews-v3"));
        Assert.Equal(ChangeOutcome.Declined, sample.Objects.Single(item => item.Name == "reviews-v3").Outcome);
        Assert.False(plan.Declined);
    }

    [Fact]
    public async Task A_plan_is_declined_when_nothing_that_it_would_write_is_approved()
    {
        await using FakeNamespace world = await FakeNamespace.StartAsync();

        ChangePlan plan = (await PlanAsync(world)).Approve(_ => false);

        Assert.True(plan.Declined);
    }

    [Fact]
    public async Task Nothing_is_asked_about_when_there_is_nothing_to_do()
    {
        await using FakeNamespace world = await FakeNamespace.StartAsync();
        await InstallAsync(world);

        ChangePlan plan = (await PlanAsync(world)).Approve(step => throw new InvalidOperationException($"Asked about {step}."));

        Assert.False(plan.Declined);
    }

    [Fact]
    public async Task A_missing_namespace_is_named_before_anything_is_tried()
    {
        await using FakeNamespace world = await FakeNamespace.StartAsync();

        MeshException failure = await Assert.ThrowsAsync<MeshException>(() => PlanAsync(world, new BookinfoOptions { Namespace = "nowhere" }));

        Assert.Equal(("NamespaceNotFound", FailureKind.NotFound), (failure.ErrorId, failure.Kind));
        Assert.Contains("nowhere", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(world.Requests, request => request.StartsWith("PATCH", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_namespace_that_is_being_deleted_is_refused()
    {
        await using FakeNamespace world = await FakeNamespace.StartAsync();
        world.Put("/api/v1/namespaces/demo", """{"metadata":{"name":"demo"},"status":{"phase":"Terminating"}}""");

        MeshException failure = await Assert.ThrowsAsync<MeshException>(() => PlanAsync(world));

        Assert.Equal("NamespaceTerminating", failure.ErrorId);
        Assert.DoesNotContain(world.Requests, request => request.StartsWith("PATCH", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Whoever_may_not_read_the_namespace_can_still_work_in_it()
    {
        await using FakeNamespace world = await FakeNamespace.StartAsync();
        world.Refuse = request => request.Path == "/api/v1/namespaces/demo" ? (403, "namespaces \"demo\" is forbidden") : null;

        MeshSample sample = await InstallAsync(world);

        Assert.True(sample.Ready);
    }

    [Fact]
    public async Task A_gateway_without_Istio_is_refused_before_anything_is_tried()
    {
        await using FakeNamespace world = await FakeNamespace.StartAsync();

        MeshException failure = await Assert.ThrowsAsync<MeshException>(() => PlanAsync(world, new BookinfoOptions { Namespace = "demo", WithGateway = true }));

        Assert.Equal(("IstioApiNotFound", FailureKind.NotSupported), (failure.ErrorId, failure.Kind));
        Assert.DoesNotContain(world.Requests, request => request.StartsWith("PATCH", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("v1", "v1alpha3", "v1beta1", "v1")]
    [InlineData("v1beta1", "v1alpha3", "v1beta1")]
    [InlineData("v1alpha3", "v1alpha3")]
    public async Task The_gateway_uses_the_newest_version_of_the_api_that_is_served(string used, params string[] served)
    {
        await using FakeNamespace world = await FakeNamespace.StartAsync();
        world.RoutingVersions = served;

        MeshSample sample = await InstallAsync(world, new BookinfoOptions { Namespace = "demo", WithGateway = true });

        Assert.Equal(["Gateway", "VirtualService"], sample.Objects.TakeLast(2).Select(item => item.Kind));
        Assert.NotNull(world.Find($"/apis/networking.istio.io/{used}/namespaces/demo/gateways/bookinfo-gateway"));
        Assert.NotNull(world.Find($"/apis/networking.istio.io/{used}/namespaces/demo/virtualservices/bookinfo"));
    }

    [Fact]
    public async Task Somebody_elses_objects_are_named_with_their_manager_and_left_alone()
    {
        await using FakeNamespace world = await FakeNamespace.StartAsync();
        world.Put($"{Deployments}/reviews-v1", """
            {"metadata":{"name":"reviews-v1","namespace":"demo","managedFields":[
              {"manager":"kubectl-client-side-apply","operation":"Update","fieldsV1":{"f:spec":{}}},
              {"manager":"kube-controller-manager","operation":"Update","fieldsV1":{"f:status":{}}}]}}
            """);

        MeshException failure = await Assert.ThrowsAsync<MeshException>(() => PlanAsync(world));

        Assert.Equal(("SampleObjectExists", FailureKind.Conflict), (failure.ErrorId, failure.Kind));
        Assert.Contains("Deployment demo/reviews-v1 (managed by kubectl-client-side-apply)", failure.Message, StringComparison.Ordinal);
        Assert.Contains("-Force", failure.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Force_takes_somebody_elses_objects_over()
    {
        await using FakeNamespace world = await FakeNamespace.StartAsync();
        world.Put($"{Deployments}/reviews-v1", """{"metadata":{"name":"reviews-v1","namespace":"demo","resourceVersion":"0"}}""");

        MeshSample sample = await InstallAsync(world, new BookinfoOptions { Namespace = "demo", Force = true });

        Assert.Equal(ChangeOutcome.Changed, sample.Objects.Single(item => item.Name == "reviews-v1").Outcome);
        Assert.All(world.Writes, write => Assert.Contains("force=true", write, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_object_that_is_still_being_deleted_is_waited_for_by_the_administrator()
    {
        await using FakeNamespace world = await FakeNamespace.StartAsync();
        await InstallAsync(world);
        world.Find($"{Deployments}/details-v1")!["metadata"]!["deletionTimestamp"] = "2026-01-01T00:00:00Z";

        MeshException failure = await Assert.ThrowsAsync<MeshException>(() => PlanAsync(world));

        Assert.Equal("SampleTerminating", failure.ErrorId);
        Assert.Contains("Deployment demo/details-v1", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_shows_before_anything_is_written()
    {
        await using FakeNamespace world = await FakeNamespace.StartAsync();
        world.Refuse = request => request.Method == "PATCH" && request.Path.Value!.EndsWith("/deployments/productpage-v1", StringComparison.Ordinal)
            ? (403, "deployments.apps \"productpage-v1\" is forbidden: no more than five") : null;

        MeshException failure = await Assert.ThrowsAnyAsync<MeshException>(() => InstallAsync(world));

        Assert.Contains("no more than five", failure.Message, StringComparison.Ordinal);
        Assert.Empty(world.Writes);
    }

    [Fact]
    public async Task A_webhook_that_cannot_be_rehearsed_does_not_stop_the_installation()
    {
        await using FakeNamespace world = await FakeNamespace.StartAsync();
        world.Refuse = request => request.Query["dryRun"] == "All" && request.Path.Value!.Contains("/deployments/", StringComparison.Ordinal)
            ? (400, "admission webhook \"policy.example.com\" does not support dry run") : null;

        MeshSample sample = await InstallAsync(world);

        Assert.All(sample.Objects, item => Assert.Equal(ChangeOutcome.Created, item.Outcome));
        Assert.Contains(_reporter.Details, detail => detail.Contains("policy.example.com", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_failure_in_the_middle_says_what_is_there_and_a_second_run_completes_it()
    {
        await using FakeNamespace world = await FakeNamespace.StartAsync();
        ChangePlan plan = await PlanAsync(world);
        world.Refuse = request => request.Method == "PATCH" && request.Path.Value!.EndsWith("/deployments/details-v1", StringComparison.Ordinal)
            ? (403, "exceeded quota") : null;

        MeshException failure = await Assert.ThrowsAsync<MeshException>(() => Bookinfo.InstallAsync(plan, null, _reporter, Cancel));
        world.Refuse = _ => null;
        MeshSample completed = await InstallAsync(world);

        Assert.Equal("SampleIncomplete", failure.ErrorId);
        Assert.Contains("Deployment demo/details-v1 failed", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Service demo/productpage", failure.Message, StringComparison.Ordinal);
        Assert.Contains("run the command again", failure.Remedy, StringComparison.Ordinal);
        Assert.Equal(8, completed.Objects.Count(item => item.Outcome == ChangeOutcome.Unchanged));
        Assert.Equal(6, completed.Objects.Count(item => item.Outcome == ChangeOutcome.Created));
    }

    private Task<ChangePlan> PlanAsync(FakeNamespace world, BookinfoOptions? options = null) =>
        Bookinfo.PlanInstallAsync(world.Cluster, options ?? new BookinfoOptions { Namespace = "demo" }, _reporter, Cancel);

    private async Task<MeshSample> InstallAsync(FakeNamespace world, BookinfoOptions? options = null) =>
        await Bookinfo.InstallAsync(await PlanAsync(world, options), TimeSpan.FromSeconds(20), _reporter, Cancel);
}
