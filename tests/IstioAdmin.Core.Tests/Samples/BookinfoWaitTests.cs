using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Changes;
using IstioAdmin.Core.Samples;

namespace IstioAdmin.Core.Tests.Samples;

public class BookinfoWaitTests
{
    private const string Deployments = "/apis/apps/v1/namespaces/demo/deployments";
    private const string Unavailable = """{"observedGeneration":1,"replicas":1,"updatedReplicas":1,"unavailableReplicas":1}""";

    private static readonly TimeSpan Short = TimeSpan.FromSeconds(3);

    private readonly Recorder _reporter = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_image_that_cannot_be_pulled_is_named_when_time_runs_out()
    {
        await using FakeNamespace world = await InstalledAsync();
        SetStatus(world, "reviews-v2", Unavailable);
        world.PutPod("reviews-v2", "x1", """
            {"phase":"Pending","conditions":[{"type":"PodScheduled","status":"True"}],"containerStatuses":[{"name":"reviews","image":"docker.io/istio/examples-bookinfo-reviews-v2:1.20.3","imageID":"","ready":false,"restartCount":0,
              "state":{"waiting":{"reason":"ImagePullBackOff","message":"Back-off pulling image"}}}]}
            """);

        MeshException failure = await RunOutOfTimeAsync(world);

        Assert.Equal(("RolloutTimedOut", FailureKind.Timeout), (failure.ErrorId, failure.Kind));
        Assert.Contains("reviews-v2 (0 of 1 available)", failure.Message, StringComparison.Ordinal);
        Assert.Contains("ImagePullBackOff (image docker.io/istio/examples-bookinfo-reviews-v2:1.20.3)", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("details-v1", failure.Message, StringComparison.Ordinal);
        Assert.Contains(_reporter.Statuses, status => status.Contains("5 of 6", StringComparison.Ordinal) && status.Contains("ImagePullBackOff", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_pod_that_fits_nowhere_is_explained_in_the_schedulers_words()
    {
        await using FakeNamespace world = await InstalledAsync();
        SetStatus(world, "ratings-v1", Unavailable);
        world.PutPod("ratings-v1", "x1", """
            {"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable","message":"0/3 nodes are available: 3 Insufficient memory."}]}
            """, node: null);

        MeshException failure = await RunOutOfTimeAsync(world);

        Assert.Contains("0/3 nodes are available: 3 Insufficient memory", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sandbox_that_the_network_plugin_refuses_is_explained_by_its_event()
    {
        await using FakeNamespace world = await InstalledAsync();
        SetStatus(world, "details-v1", Unavailable);
        world.PutPod("details-v1", "x1", """
            {"phase":"Pending","conditions":[{"type":"PodScheduled","status":"True"}],"containerStatuses":[{"name":"details","image":"i","imageID":"","ready":false,"restartCount":0,"state":{"waiting":{"reason":"ContainerCreating"}}}]}
            """);
        world.Put("/api/v1/namespaces/demo/events/e1", """
            {"metadata":{"name":"e1","namespace":"demo"},"type":"Warning","reason":"FailedCreatePodSandBox","message":"plugin type=\"istio-cni\" failed (add)",
             "lastTimestamp":"2026-01-01T00:00:10Z","involvedObject":{"kind":"Pod","name":"details-v1-5d4f8c7b9-x1","namespace":"demo","uid":"uid-details-v1-5d4f8c7b9-x1"}}
            """);
        world.Put("/api/v1/namespaces/demo/events/e0", """
            {"metadata":{"name":"e0","namespace":"demo"},"type":"Warning","reason":"FailedMount","message":"an older trouble",
             "lastTimestamp":"2026-01-01T00:00:05Z","involvedObject":{"kind":"Pod","name":"details-v1-5d4f8c7b9-x1","namespace":"demo","uid":"uid-details-v1-5d4f8c7b9-x1"}}
            """);

        MeshException failure = await RunOutOfTimeAsync(world);

        Assert.Contains("FailedCreatePodSandBox: plugin type=\"istio-cni\" failed (add)", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("an older trouble", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_that_may_not_be_read_do_not_hide_the_rest()
    {
        await using FakeNamespace world = await InstalledAsync();
        SetStatus(world, "details-v1", Unavailable);
        world.PutPod("details-v1", "x1", """{"phase":"Pending","containerStatuses":[{"name":"details","image":"i","imageID":"","ready":false,"restartCount":0,"state":{"waiting":{"reason":"ContainerCreating"}}}]}""");
        world.Refuse = request => request.Path.Value!.EndsWith("/events", StringComparison.Ordinal) ? (403, "events is forbidden") : null;

        MeshException failure = await RunOutOfTimeAsync(world);

        Assert.Equal("RolloutTimedOut", failure.ErrorId);
        Assert.Contains("is being started on node node-1", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", "the deployment controller has not seen it yet")]
    [InlineData("""{"observedGeneration":0,"replicas":1,"updatedReplicas":1,"availableReplicas":1}""", "the deployment controller has not seen it yet")]
    [InlineData("""{"observedGeneration":1}""", "its pods have not been created yet")]
    [InlineData("""{"observedGeneration":1,"conditions":[{"type":"ReplicaFailure","status":"True","reason":"FailedCreate","message":"exceeded quota: pods"}]}""", "its pods cannot be created: FailedCreate: exceeded quota: pods")]
    public async Task A_deployment_without_pods_is_explained_by_its_own_status(string status, string obstacle)
    {
        await using FakeNamespace world = await InstalledAsync();
        SetStatus(world, "details-v1", status);

        MeshException failure = await RunOutOfTimeAsync(world);

        Assert.Contains(obstacle, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pods_of_the_previous_template_keep_a_rollout_open()
    {
        await using FakeNamespace world = await InstalledAsync();
        SetStatus(world, "details-v1", """{"observedGeneration":1,"replicas":2,"updatedReplicas":1,"availableReplicas":2}""");

        MeshException failure = await RunOutOfTimeAsync(world);

        Assert.Contains("details-v1", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Not_waiting_tells_that_the_sample_is_not_ready()
    {
        await using FakeNamespace world = await InstalledAsync();
        SetStatus(world, "details-v1", Unavailable);

        MeshSample sample = await Bookinfo.InstallAsync(await PlanAsync(world), null, _reporter, Cancel);

        Assert.False(sample.Ready);
        Assert.Empty(_reporter.Statuses);
    }

    [Fact]
    public async Task A_server_that_hangs_does_not_hold_the_wait_beyond_its_time()
    {
        await using FakeNamespace world = await InstalledAsync();
        ChangePlan plan = await PlanAsync(world);
        using var hang = new ManualResetEventSlim();
        world.Refuse = request =>
        {
            if (request.Path.Value!.EndsWith("/deployments", StringComparison.Ordinal))
                hang.Wait(TimeSpan.FromSeconds(30), request.HttpContext.RequestAborted);
            return null;
        };

        MeshException failure = await Assert.ThrowsAsync<MeshException>(() => Bookinfo.InstallAsync(plan, Short, _reporter, Cancel));
        hang.Set();

        Assert.Equal("RolloutTimedOut", failure.ErrorId);
        Assert.Contains("did not answer", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelling_ends_the_wait()
    {
        await using FakeNamespace world = await InstalledAsync();
        SetStatus(world, "details-v1", Unavailable);
        ChangePlan plan = await PlanAsync(world);
        using var cancel = new CancellationTokenSource();

        Task<MeshSample> waiting = Bookinfo.InstallAsync(plan, TimeSpan.FromMinutes(5), _reporter, cancel.Token);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    private Task<ChangePlan> PlanAsync(FakeNamespace world) =>
        Bookinfo.PlanInstallAsync(world.Cluster, new BookinfoOptions { Namespace = "demo" }, _reporter, Cancel);

    private async Task<FakeNamespace> InstalledAsync()
    {
        FakeNamespace world = await FakeNamespace.StartAsync();
        await Bookinfo.InstallAsync(await PlanAsync(world), null, _reporter, Cancel);
        return world;
    }

    private async Task<MeshException> RunOutOfTimeAsync(FakeNamespace world)
    {
        ChangePlan plan = await PlanAsync(world);
        return await Assert.ThrowsAsync<MeshException>(() => Bookinfo.InstallAsync(plan, Short, _reporter, Cancel));
    }

    private static void SetStatus(FakeNamespace world, string deployment, string status) =>
        world.Find($"{Deployments}/{deployment}")!["status"] = JsonNode.Parse(status);
}
