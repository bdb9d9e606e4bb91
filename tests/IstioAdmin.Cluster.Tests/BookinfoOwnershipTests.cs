using IstioAdmin.Core;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Changes;
using IstioAdmin.Core.Samples;
using IstioAdmin.Testing;
using k8s;
using k8s.Models;

namespace IstioAdmin.Cluster.Tests;

/// <summary>On the real API server.</summary>
public sealed class BookinfoOwnershipOnRealServerTests(Testbed testbed) : BookinfoOwnershipTests(testbed);

/// <summary>On the sandbox, which is to be no different.</summary>
public sealed class BookinfoOwnershipOnSandboxTests(SandboxClusters sandbox) : BookinfoOwnershipTests(sandbox);

/// <summary>Bookinfo beside others who manage or forbid some of its objects.</summary>
public abstract class BookinfoOwnershipTests(ITestClusters clusters)
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_quota_that_stops_it_half_way_is_reported_with_what_is_there_and_a_second_run_completes_it()
    {
        await using BookinfoWorld world = await BookinfoWorld.CreateAsync(clusters);
        Kubernetes api = world.Cluster.Client.Api;
        var quota = new V1ResourceQuota
        {
            Metadata = new V1ObjectMeta { Name = "two" },
            Spec = new V1ResourceQuotaSpec { Hard = new Dictionary<string, ResourceQuantity> { ["count/deployments.apps"] = new("2") } },
        };
        await api.CoreV1.CreateNamespacedResourceQuotaAsync(quota, world.Namespace, cancellationToken: Cancel);
        await Eventually.BecomesTrueAsync(
            async () => (await api.CoreV1.ReadNamespacedResourceQuotaAsync("two", world.Namespace, cancellationToken: Cancel)).Status?.Hard is { Count: > 0 }, "the quota counts");

        MeshException half = await Assert.ThrowsAnyAsync<MeshException>(() => world.InstallAsync());
        await api.CoreV1.DeleteNamespacedResourceQuotaAsync("two", world.Namespace, cancellationToken: Cancel);
        // The server's admission hears of it a moment later.
        await Eventually.BecomesTrueAsync(() => world.TakesDeploymentsAsync(), "the quota counts no more");
        MeshSample completed = await world.InstallAsync();

        Assert.Equal("SampleIncomplete", half.ErrorId);
        Assert.Contains($"Deployment {world.Namespace}/ratings-v1", half.Message, StringComparison.Ordinal);
        Assert.Equal(4, completed.Objects.Count(item => item.Outcome == ChangeOutcome.Created));
        Assert.Equal(10, completed.Objects.Count(item => item.Outcome == ChangeOutcome.Unchanged));
    }

    [Fact]
    public async Task Somebody_elses_object_stops_the_installation_and_survives_the_removal()
    {
        await using BookinfoWorld world = await BookinfoWorld.CreateAsync(clusters);
        Kubernetes api = world.Cluster.Client.Api;
        await api.CoreV1.CreateNamespacedServiceAsync(Service("details"), world.Namespace, fieldManager: "helm", cancellationToken: Cancel);
        SortedDictionary<string, string> before = await world.SettledAsync();

        MeshException refused = await Assert.ThrowsAsync<MeshException>(() => world.InstallAsync());
        MeshSample removed = await world.RemoveAsync(Long);

        Assert.Equal("SampleObjectExists", refused.ErrorId);
        Assert.Contains($"Service {world.Namespace}/details (managed by helm)", refused.Message, StringComparison.Ordinal);
        Assert.Equal(ChangeOutcome.LeftAlone, Assert.Single(removed.Objects).Outcome);
        Assert.Contains("helm", Assert.Single(world.Warnings), StringComparison.Ordinal);
        Assert.Equal(before, await world.SettledAsync());
    }

    [Fact]
    public async Task Forcing_takes_somebody_elses_object_over()
    {
        await using BookinfoWorld world = await BookinfoWorld.CreateAsync(clusters);
        Kubernetes api = world.Cluster.Client.Api;
        await api.CoreV1.CreateNamespacedServiceAsync(Service("details"), world.Namespace, fieldManager: "helm", cancellationToken: Cancel);

        MeshSample taken = await world.InstallAsync(force: true);
        MeshSample removed = await world.RemoveAsync(Long);

        Assert.Equal(ChangeOutcome.Changed, taken.Objects.Single(item => item is { Kind: "Service", Name: "details" }).Outcome);
        Assert.All(removed.Objects, item => Assert.Equal(ChangeOutcome.Removed, item.Outcome));
    }

    [Fact]
    public async Task A_field_that_another_manager_changed_is_a_conflict_that_names_it_until_forced()
    {
        await using BookinfoWorld world = await BookinfoWorld.CreateAsync(clusters);
        Kubernetes api = world.Cluster.Client.Api;
        await world.InstallAsync();
        var other = new V1Patch("""{"spec":{"template":{"spec":{"containers":[{"name":"details","image":"example.com/details:patched"}]}}}}""", V1Patch.PatchType.StrategicMergePatch);
        await api.AppsV1.PatchNamespacedDeploymentAsync(other, "details-v1", world.Namespace, fieldManager: "image-updater", cancellationToken: Cancel);
        SortedDictionary<string, string> before = await world.SettledAsync();

        MeshException conflict = await Assert.ThrowsAnyAsync<MeshException>(() => world.InstallAsync());
        Assert.Equal(before, await world.SettledAsync());
        MeshSample forced = await world.InstallAsync(force: true);

        Assert.Equal(FailureKind.Conflict, conflict.Kind);
        Assert.Contains("image-updater", conflict.Message, StringComparison.Ordinal);
        Assert.Equal(["Deployment details-v1"], forced.Objects.Where(item => item.Outcome == ChangeOutcome.Changed).Select(item => $"{item.Kind} {item.Name}"));
    }

    [Fact]
    public async Task Scaling_is_nobodys_conflict()
    {
        await using BookinfoWorld world = await BookinfoWorld.CreateAsync(clusters);
        await world.InstallAsync();
        var scale = new V1Patch("""{"spec":{"replicas":3}}""", V1Patch.PatchType.MergePatch);
        await world.Cluster.Client.Api.AppsV1.PatchNamespacedDeploymentAsync(scale, "ratings-v1", world.Namespace, fieldManager: "kubectl-scale", cancellationToken: Cancel);

        MeshSample again = await world.InstallAsync();

        Assert.False(again.Changed);
    }

    [Fact]
    public async Task An_editor_of_the_namespace_can_install_and_a_viewer_is_refused_before_anything_is_written()
    {
        await using BookinfoWorld world = await BookinfoWorld.CreateAsync(clusters);
        MeshCluster viewer = await world.ConnectAsAsync("viewer", "get,list");
        MeshCluster editor = await world.ConnectAsAsync("editor", "get,list,create,patch");
        SortedDictionary<string, string> before = await world.SettledAsync();

        MeshException refused = await Assert.ThrowsAnyAsync<MeshException>(() => world.InstallAsync(cluster: viewer));
        Assert.Equal(before, await world.SettledAsync());
        MeshSample installed = await world.InstallAsync(cluster: editor);

        Assert.Equal(FailureKind.Forbidden, refused.Kind);
        Assert.All(installed.Objects, item => Assert.Equal(ChangeOutcome.Created, item.Outcome));
        viewer.Client.Dispose();
        editor.Client.Dispose();
    }

    private static V1Service Service(string name) => new()
    {
        Metadata = new V1ObjectMeta { Name = name },
        Spec = new V1ServiceSpec { Selector = new Dictionary<string, string> { ["app"] = name }, Ports = [new V1ServicePort { Port = 80, Name = "web" }] },
    };
}
