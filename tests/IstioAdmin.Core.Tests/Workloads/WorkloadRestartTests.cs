using System.Text.Json.Nodes;
using IstioAdmin.Core.Workloads;
using IstioAdmin.Testing;

namespace IstioAdmin.Core.Tests.Workloads;

public sealed class WorkloadRestartTests
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(4);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("deployments", "Deployment")]
    [InlineData("statefulsets", "StatefulSet")]
    [InlineData("daemonsets", "DaemonSet")]
    public async Task A_restart_sets_kubectls_annotation_and_ends_when_the_controller_has_rolled_it_out(string plural, string kind)
    {
        await using ClusterWorld world = await ClusterWorld.StartAsync();
        world.Objects.PutWorkload(plural, kind, "demo", "web", replicas: 2);
        world.Objects.Patched = (_, found) => found["status"] = FakeCluster.RolledOut(2, (int)found["metadata"]!["generation"]!);

        RestartedWorkload done = await RestartAsync(world, new("demo", kind, "web"), TimeSpan.FromSeconds(30));

        Assert.Equal((true, 2, 2), (done.RolledOut, done.Available, done.Desired));
        string at = (string)world.Objects.Find($"/apis/apps/v1/namespaces/demo/{plural}/web")!["spec"]!["template"]!["metadata"]!["annotations"]!["kubectl.kubernetes.io/restartedAt"]!;
        Assert.Equal(done.RestartedAt.ToUnixTimeSeconds(), DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeSeconds());
        Assert.Equal($"PATCH /apis/apps/v1/namespaces/demo/{plural}/web?fieldManager=istioadmin", Assert.Single(world.Objects.Writes));
    }

    [Theory]
    [InlineData("deployments", "Deployment", "the deployment controller has not seen it yet")]
    [InlineData("statefulsets", "StatefulSet", "the stateful set controller has not seen it yet")]
    [InlineData("daemonsets", "DaemonSet", "the daemon set controller has not seen it yet")]
    public async Task A_controller_that_does_nothing_is_named_when_time_runs_out(string plural, string kind, string obstacle)
    {
        await using ClusterWorld world = await ClusterWorld.StartAsync();
        world.Objects.PutWorkload(plural, kind, "demo", "web");

        MeshException late = await Assert.ThrowsAsync<MeshException>(() => RestartAsync(world, new("demo", kind, "web"), Short));

        Assert.Equal("RolloutTimedOut", late.ErrorId);
        Assert.Contains(obstacle, late.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pod_that_does_not_start_is_what_is_in_the_way()
    {
        await using ClusterWorld world = await ClusterWorld.StartAsync();
        world.Objects.PutWorkload("statefulsets", "StatefulSet", "demo", "db", replicas: 2);
        world.Objects.PutPod("demo", "db-0", "StatefulSet", "db");
        JsonObject stuck = world.Objects.PutPod("demo", "db-1", "StatefulSet", "db", ready: false);
        stuck["status"]!["containerStatuses"] = JsonNode.Parse("""[{"name":"app","image":"reg/app:2","imageID":"","ready":false,"restartCount":0,"state":{"waiting":{"reason":"ErrImagePull","message":"no such image"}}}]""");
        world.Objects.PutPod("demo", "dbother-0", "StatefulSet", "dbother", ready: false);
        world.Objects.Patched = (_, found) => found["status"] = JsonNode.Parse("""{"observedGeneration":2,"replicas":2,"updatedReplicas":1,"readyReplicas":1,"updateRevision":"r2","currentRevision":"r1"}""");

        MeshException late = await Assert.ThrowsAsync<MeshException>(() => RestartAsync(world, new("demo", "StatefulSet", "db"), Short));

        Assert.Contains("1 of 2 available", late.Message, StringComparison.Ordinal);
        Assert.Contains("pod db-1: container app: ErrImagePull (image reg/app:2): no such image", late.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("dbother", late.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deployment_that_has_given_up_ends_the_wait_at_once()
    {
        await using ClusterWorld world = await ClusterWorld.StartAsync();
        world.Objects.PutWorkload("deployments", "Deployment", "demo", "web");
        world.Objects.Patched = (_, found) => found["status"] = JsonNode.Parse("""
            {"observedGeneration":2,"replicas":2,"updatedReplicas":1,"availableReplicas":1,"conditions":[{"type":"Progressing","status":"False","reason":"ProgressDeadlineExceeded"}]}
            """);

        MeshException stuck = await Assert.ThrowsAsync<MeshException>(() => RestartAsync(world, new("demo", "Deployment", "web"), TimeSpan.FromMinutes(10)));

        Assert.Equal("RolloutStuck", stuck.ErrorId);
    }

    [Theory]
    [InlineData("deployments", "Deployment", """{"paused":true}""", "WorkloadPaused", "rollout resume")]
    [InlineData("statefulsets", "StatefulSet", """{"updateStrategy":{"type":"OnDelete"}}""", "WorkloadUpdatesOnDelete", "one at a time")]
    [InlineData("daemonsets", "DaemonSet", """{"updateStrategy":{"type":"OnDelete"}}""", "WorkloadUpdatesOnDelete", "one at a time")]
    public async Task What_would_not_roll_out_is_refused_with_the_way_out(string plural, string kind, string spec, string error, string wayOut)
    {
        await using ClusterWorld world = await ClusterWorld.StartAsync();
        world.Objects.PutWorkload(plural, kind, "demo", "web", more: spec);

        MeshException refused = await Assert.ThrowsAsync<MeshException>(() => WorkloadRestart.CheckAsync(world.Cluster, new("demo", kind, "web"), Cancel));

        Assert.Equal(error, refused.ErrorId);
        Assert.Contains(wayOut, refused.Remedy, StringComparison.Ordinal);
        Assert.Contains(world.Objects.Server.Uri.Authority, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ReplicaSet", "Deployment")]
    [InlineData("Job", "delete the Job")]
    [InlineData("CronJob", "next run")]
    [InlineData("Rollout", "Restart it with what made it")]
    public async Task Kinds_without_a_rollout_are_refused_without_a_question_to_the_server(string kind, string wayOut)
    {
        await using ClusterWorld world = await ClusterWorld.StartAsync();

        MeshException refused = await Assert.ThrowsAsync<MeshException>(() => WorkloadRestart.CheckAsync(world.Cluster, new("demo", kind, "x"), Cancel));

        Assert.Equal("WorkloadNotRestartable", refused.ErrorId);
        Assert.Contains(wayOut, refused.Remedy, StringComparison.Ordinal);
        Assert.Empty(world.Objects.Server.Requests);
    }

    [Fact]
    public async Task A_missing_permission_is_named()
    {
        await using ClusterWorld world = await ClusterWorld.StartAsync();
        world.Objects.PutWorkload("deployments", "Deployment", "demo", "web");
        world.Objects.Refuse = request => request.Method == "PATCH" ? (403, "deployments.apps \"web\" is forbidden: User \"u\" cannot patch resource") : null;

        MeshException refused = await Assert.ThrowsAnyAsync<MeshException>(() => WorkloadRestart.StartAsync(world.Cluster, new("demo", "Deployment", "web"), Cancel));

        Assert.Equal(FailureKind.Forbidden, refused.Kind);
        Assert.Contains("""resources: ["deployments"], verbs: ["patch"]""", refused.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_owner_of_a_pod_is_the_controller_at_the_top_and_is_asked_for_once()
    {
        await using ClusterWorld world = await ClusterWorld.StartAsync();
        world.Objects.PutReplicaSet("demo", "web-5d4f", "web");
        world.Objects.PutReplicaSet("demo", "bare", null);
        foreach (string pod in new[] { "web-5d4f-a", "web-5d4f-b" })
            world.Objects.PutPod("demo", pod, "ReplicaSet", "web-5d4f");
        world.Objects.PutPod("demo", "bare-x", "ReplicaSet", "bare");
        world.Objects.PutPod("demo", "db-0", "StatefulSet", "db");
        world.Objects.PutPod("demo", "alone", ownerKind: null);
        var owners = new WorkloadOwners(world.Cluster);
        List<string?> found = [];

        foreach (string pod in new[] { "web-5d4f-a", "web-5d4f-b", "bare-x", "db-0", "alone" })
            found.Add((await owners.FindAsync(await world.PodAsync("demo", pod), Cancel))?.ToString());

        Assert.Equal(["Deployment demo/web", "Deployment demo/web", "ReplicaSet demo/bare", "StatefulSet demo/db", null], found);
        Assert.Single(world.Objects.Server.Requests, request => request.Contains("replicasets/web-5d4f", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("deploy/web", null, "Deployment demo/web")]
    [InlineData("StatefulSet/db", null, "StatefulSet demo/db")]
    [InlineData("ds/agent", null, "DaemonSet demo/agent")]
    [InlineData("web", "Deployment", "Deployment demo/web")]
    public void Names_are_read_as_kubectl_reads_them(string text, string? kind, string read) => Assert.Equal(read, WorkloadReference.Parse("demo", text, kind).ToString());

    [Theory]
    [InlineData("web", null)]
    [InlineData("deploy/", null)]
    [InlineData("service/web", null)]
    [InlineData("a/b/c", null)]
    [InlineData("web", "Service")]
    public void Names_that_name_no_workload_are_errors(string text, string? kind) =>
        Assert.Equal("WorkloadNameInvalid", Assert.Throws<MeshException>(() => WorkloadReference.Parse("demo", text, kind)).ErrorId);

    private static async Task<RestartedWorkload> RestartAsync(ClusterWorld world, WorkloadReference workload, TimeSpan wait)
    {
        await WorkloadRestart.CheckAsync(world.Cluster, workload, Cancel);
        RestartedWorkload started = await WorkloadRestart.StartAsync(world.Cluster, workload, Cancel);
        return await WorkloadRestart.WaitAsync(world.Cluster, started, wait, world.Reporter, Cancel);
    }
}
