using IstioAdmin.Core.Kube.Changes;
using IstioAdmin.Core.Samples;

namespace IstioAdmin.Core.Tests.Samples;

public class BookinfoRemovalTests
{
    private const string Deployments = "/apis/apps/v1/namespaces/demo/deployments";

    private readonly Recorder _reporter = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Removal_deletes_everything_that_was_installed_in_reverse_order()
    {
        await using FakeNamespace world = await FakeNamespace.StartAsync();
        world.RoutingVersions = ["v1"];
        IReadOnlyList<string> before = world.Paths;
        await InstallAsync(world, withGateway: true);

        MeshSample removed = await RemoveAsync(world);

        Assert.Equal(before, world.Paths);
        Assert.True(removed is { Changed: true, Ready: false, Version: "1.20.3" });
        Assert.Equal(16, removed.Objects.Count);
        Assert.Equal(["VirtualService", "Gateway", "Deployment", "Service", "ServiceAccount"], removed.Objects.Select(item => item.Kind).Distinct());
    }

    [Fact]
    public async Task A_second_removal_has_nothing_to_do()
    {
        await using FakeNamespace world = await FakeNamespace.StartAsync();
        await InstallAsync(world);
        await RemoveAsync(world);

        MeshSample again = await RemoveAsync(world);

        Assert.Empty(again.Objects);
        Assert.False(again.Changed);
    }

    [Theory]
    [InlineData("""{"metadata":{"name":"details","managedFields":[{"manager":"helm","operation":"Update"}]}}""", "helm")]
    [InlineData("""{"metadata":{"name":"details"}}""", "somebody unknown")]
    [InlineData("""
        {"metadata":{"name":"details","labels":{"app.kubernetes.io/managed-by":"istioadmin","app.kubernetes.io/part-of":"bookinfo"},
         "managedFields":[{"manager":"kubectl-client-side-apply","operation":"Update"}]}}
        """, "kubectl-client-side-apply")]
    [InlineData("""
        {"metadata":{"name":"details","labels":{"app.kubernetes.io/managed-by":"istioadmin","app.kubernetes.io/part-of":"another"},
         "managedFields":[{"manager":"istioadmin","operation":"Apply"}]}}
        """, "somebody unknown")]
    public async Task An_object_that_somebody_else_made_is_left_alone_with_a_warning(string service, string owner)
    {
        await using FakeNamespace world = await FakeNamespace.StartAsync();
        await InstallAsync(world);
        world.Put("/api/v1/namespaces/demo/services/details", service);

        MeshSample removed = await RemoveAsync(world);

        Assert.NotNull(world.Find("/api/v1/namespaces/demo/services/details"));
        Assert.Equal(ChangeOutcome.LeftAlone, removed.Objects.Single(item => item.Name == "details").Outcome);
        string warning = Assert.Single(_reporter.Warnings);
        Assert.Contains("Service demo/details", warning, StringComparison.Ordinal);
        Assert.Contains(owner, warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Removal_waits_until_the_pods_are_gone()
    {
        await using FakeNamespace world = await FakeNamespace.StartAsync();
        await InstallAsync(world);
        world.PutPod("reviews-v1", "x1", "{}");

        Task<MeshSample> removing = RemoveAsync(world);
        while (!_reporter.Statuses.Any(status => status.Contains("reviews-v1-5d4f8c7b9-x1", StringComparison.Ordinal)))
            await Task.Delay(20, Cancel);
        Assert.False(removing.IsCompleted);
        world.Drop("/api/v1/namespaces/demo/pods/reviews-v1-5d4f8c7b9-x1");

        Assert.True((await removing).Changed);
    }

    [Fact]
    public async Task Pods_that_stay_are_named_with_their_node()
    {
        await using FakeNamespace world = await FakeNamespace.StartAsync();
        await InstallAsync(world);
        world.PutPod("reviews-v1", "x1", "{}", node: "node-7");

        MeshException failure = await Assert.ThrowsAsync<MeshException>(() => RemoveAsync(world, TimeSpan.FromSeconds(3)));

        Assert.Equal(("RemovalTimedOut", FailureKind.Timeout), (failure.ErrorId, failure.Kind));
        Assert.Contains("reviews-v1-5d4f8c7b9-x1 (on node node-7", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pods_of_somebody_elses_variant_are_not_waited_for()
    {
        await using FakeNamespace world = await FakeNamespace.StartAsync();
        await InstallAsync(world);
        world.PutPod("reviews-v1-canary", "x1", "{}");

        MeshSample removed = await RemoveAsync(world);

        Assert.True(removed.Changed);
    }

    [Fact]
    public async Task A_declined_removal_keeps_the_object()
    {
        await using FakeNamespace world = await FakeNamespace.StartAsync();
        await InstallAsync(world);
        ChangePlan plan = (await PlanAsync(world)).Approve(step => step.Name != "details-v1");

        MeshSample removed = await Bookinfo.RemoveAsync(plan, TimeSpan.FromSeconds(20), _reporter, Cancel);

        Assert.NotNull(world.Find($"{Deployments}/details-v1"));
        Assert.Equal(ChangeOutcome.Declined, removed.Objects.Single(item => item.Name == "details-v1").Outcome);
    }

    [Fact]
    public async Task A_missing_namespace_is_an_error_because_it_may_be_a_slip()
    {
        await using FakeNamespace world = await FakeNamespace.StartAsync();

        MeshException failure = await Assert.ThrowsAsync<MeshException>(() => Bookinfo.PlanRemovalAsync(world.Cluster, "nowhere", _reporter, Cancel));

        Assert.Equal("NamespaceNotFound", failure.ErrorId);
    }

    private Task<ChangePlan> PlanAsync(FakeNamespace world) => Bookinfo.PlanRemovalAsync(world.Cluster, "demo", _reporter, Cancel);

    private async Task<MeshSample> RemoveAsync(FakeNamespace world, TimeSpan? wait = null) =>
        await Bookinfo.RemoveAsync(await PlanAsync(world), wait ?? TimeSpan.FromSeconds(20), _reporter, Cancel);

    private async Task InstallAsync(FakeNamespace world, bool withGateway = false)
    {
        ChangePlan plan = await Bookinfo.PlanInstallAsync(world.Cluster, new BookinfoOptions { Namespace = "demo", WithGateway = withGateway }, _reporter, Cancel);
        await Bookinfo.InstallAsync(plan, TimeSpan.FromSeconds(20), _reporter, Cancel);
    }
}
