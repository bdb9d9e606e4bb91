using IstioAdmin.Core;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Samples;
using IstioAdmin.Testing;
using k8s;
using k8s.Models;

namespace IstioAdmin.Cluster.Tests;

/// <summary>Bookinfo on a real API server with real controllers.</summary>
public sealed class BookinfoTests(ControlPlane controlPlane) : IClassFixture<ControlPlane>
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(3);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_second_run_leaves_every_resource_version_as_it_was()
    {
        await using BookinfoWorld world = await WorldAsync();
        MeshSample first = await world.InstallAsync();
        SortedDictionary<string, string> before = await world.SettledAsync();

        MeshSample second = await world.InstallAsync();

        Assert.All(first.Objects, item => Assert.Equal(SampleOutcome.Created, item.Outcome));
        Assert.All(second.Objects, item => Assert.Equal(SampleOutcome.Unchanged, item.Outcome));
        Assert.False(second.Changed);
        Assert.Equal(before, await world.SettledAsync());
    }

    [Fact]
    public async Task A_plan_touches_nothing()
    {
        await using BookinfoWorld world = await WorldAsync();
        SortedDictionary<string, string> empty = await world.SettledAsync();
        SamplePlan install = await world.PlanAsync();
        Assert.Equal(empty, await world.SettledAsync());
        await world.InstallAsync();
        SortedDictionary<string, string> installed = await world.SettledAsync();

        SamplePlan change = await world.PlanAsync(release: BookinfoRelease.Find("1.16.4"));
        SamplePlan removal = await Bookinfo.PlanRemovalAsync(world.Cluster, world.Namespace, world, Cancel);

        Assert.Equal(installed, await world.SettledAsync());
        Assert.All(install.Steps, step => Assert.Equal(SampleAction.Create, step.Action));
        Assert.Equal(["Deployment"], change.Steps.Where(step => step.Action == SampleAction.Change).Select(step => step.Resource.Kind).Distinct());
        Assert.Equal(6, change.Steps.Count(step => step.Writes));
        Assert.All(removal.Steps, step => Assert.Equal(SampleAction.Remove, step.Action));
    }

    [Fact]
    public async Task Removal_deletes_what_was_installed_and_nothing_else()
    {
        await using BookinfoWorld world = await WorldAsync();
        Kubernetes api = world.Cluster.Client.Api;
        await api.CoreV1.CreateNamespacedConfigMapAsync(new V1ConfigMap { Metadata = new V1ObjectMeta { Name = "keep" } }, world.Namespace, cancellationToken: Cancel);
        await api.CoreV1.CreateNamespacedServiceAsync(Service("reviews-of-others"), world.Namespace, cancellationToken: Cancel);
        SortedDictionary<string, string> before = await world.SettledAsync();
        await world.InstallAsync();

        MeshSample removed = await world.RemoveAsync(Long);
        MeshSample again = await world.RemoveAsync(Long);

        Assert.Equal(14, removed.Objects.Count(item => item.Outcome == SampleOutcome.Removed));
        Assert.Equal("1.20.3", removed.Version);
        Assert.Equal(before, await world.SettledAsync());
        Assert.Empty((await api.CoreV1.ListNamespacedPodAsync(world.Namespace, cancellationToken: Cancel)).Items);
        Assert.Empty(again.Objects);
    }

    [Fact]
    public async Task Somebody_elses_object_stops_the_installation_and_survives_the_removal()
    {
        await using BookinfoWorld world = await WorldAsync();
        Kubernetes api = world.Cluster.Client.Api;
        await api.CoreV1.CreateNamespacedServiceAsync(Service("details"), world.Namespace, fieldManager: "helm", cancellationToken: Cancel);
        SortedDictionary<string, string> before = await world.SettledAsync();

        MeshException refused = await Assert.ThrowsAsync<MeshException>(() => world.InstallAsync());
        MeshSample removed = await world.RemoveAsync(Long);

        Assert.Equal("SampleObjectExists", refused.ErrorId);
        Assert.Contains($"Service {world.Namespace}/details (managed by helm)", refused.Message, StringComparison.Ordinal);
        Assert.Equal(SampleOutcome.LeftAlone, Assert.Single(removed.Objects).Outcome);
        Assert.Contains("helm", Assert.Single(world.Warnings), StringComparison.Ordinal);
        Assert.Equal(before, await world.SettledAsync());
    }

    [Fact]
    public async Task Forcing_takes_somebody_elses_object_over()
    {
        await using BookinfoWorld world = await WorldAsync();
        Kubernetes api = world.Cluster.Client.Api;
        await api.CoreV1.CreateNamespacedServiceAsync(Service("details"), world.Namespace, fieldManager: "helm", cancellationToken: Cancel);

        MeshSample taken = await world.InstallAsync(force: true);
        MeshSample removed = await world.RemoveAsync(Long);

        Assert.Equal(SampleOutcome.Changed, taken.Objects.Single(item => item is { Kind: "Service", Name: "details" }).Outcome);
        Assert.All(removed.Objects, item => Assert.Equal(SampleOutcome.Removed, item.Outcome));
    }

    [Fact]
    public async Task A_field_that_another_manager_changed_is_a_conflict_that_names_it_until_forced()
    {
        await using BookinfoWorld world = await WorldAsync();
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
        Assert.Equal(["Deployment details-v1"], forced.Objects.Where(item => item.Outcome == SampleOutcome.Changed).Select(item => $"{item.Kind} {item.Name}"));
    }

    [Fact]
    public async Task Scaling_is_nobodys_conflict()
    {
        await using BookinfoWorld world = await WorldAsync();
        await world.InstallAsync();
        var scale = new V1Patch("""{"spec":{"replicas":3}}""", V1Patch.PatchType.MergePatch);
        await world.Cluster.Client.Api.AppsV1.PatchNamespacedDeploymentAsync(scale, "ratings-v1", world.Namespace, fieldManager: "kubectl-scale", cancellationToken: Cancel);

        MeshSample again = await world.InstallAsync();

        Assert.False(again.Changed);
    }

    [Fact]
    public async Task Waiting_ends_when_the_last_deployment_is_available()
    {
        await using BookinfoWorld world = await WorldAsync();
        string node = await world.AddNodeAsync();

        Task<MeshSample> installing = world.InstallAsync(Long);
        while (!installing.IsCompleted)
        {
            await world.RunPodsAsync(node, BookinfoWorld.Ready);
            await Task.WhenAny(installing, Task.Delay(300, Cancel));
        }

        Assert.True((await installing).Ready);
        Assert.True((await world.InstallAsync()).Ready);
    }

    [Fact]
    public async Task When_time_runs_out_each_deployments_pod_says_why()
    {
        await using BookinfoWorld world = await WorldAsync();
        string node = await world.AddNodeAsync();
        await world.InstallAsync();
        await BookinfoWorld.Until(async () => (await world.Cluster.Client.Api.CoreV1.ListNamespacedPodAsync(world.Namespace, cancellationToken: Cancel)).Items.Count == 6);
        await world.RunPodsAsync(node, pod => pod.Metadata.Labels["app"] != "reviews" ? BookinfoWorld.Ready(pod) : new V1PodStatus
        {
            Phase = "Pending",
            ContainerStatuses =
            [
                new V1ContainerStatus
                {
                    Name = "reviews", Image = pod.Spec.Containers[0].Image, ImageID = "", Ready = false, RestartCount = 0,
                    State = new V1ContainerState { Waiting = new V1ContainerStateWaiting { Reason = "ImagePullBackOff", Message = "Back-off pulling image" } },
                },
            ],
        });

        MeshException late = await Assert.ThrowsAsync<MeshException>(() => world.InstallAsync(Short));

        Assert.Equal("RolloutTimedOut", late.ErrorId);
        Assert.Contains("ImagePullBackOff (image docker.io/istio/examples-bookinfo-reviews-v3:1.20.3)", late.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("ratings-v1", late.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Removal_names_the_pods_that_their_node_does_not_let_go()
    {
        await using BookinfoWorld world = await WorldAsync();
        string node = await world.AddNodeAsync();
        await world.InstallAsync();
        await BookinfoWorld.Until(async () => (await world.Cluster.Client.Api.CoreV1.ListNamespacedPodAsync(world.Namespace, cancellationToken: Cancel)).Items.Count == 6);
        await world.RunPodsAsync(node, BookinfoWorld.Ready);

        MeshException late = await Assert.ThrowsAsync<MeshException>(() => world.RemoveAsync(Short));

        Assert.Equal("RemovalTimedOut", late.ErrorId);
        Assert.Contains($"(on node {node}, being deleted)", late.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_editor_of_the_namespace_can_install_and_a_viewer_is_refused_before_anything_is_written()
    {
        await using BookinfoWorld world = await WorldAsync();
        MeshCluster viewer = await world.ConnectAsAsync("view");
        MeshCluster editor = await world.ConnectAsAsync("edit");
        SortedDictionary<string, string> before = await world.SettledAsync();

        MeshException refused = await Assert.ThrowsAnyAsync<MeshException>(() => world.InstallAsync(cluster: viewer));
        Assert.Equal(before, await world.SettledAsync());
        MeshSample installed = await world.InstallAsync(cluster: editor);

        Assert.Equal(FailureKind.Forbidden, refused.Kind);
        Assert.All(installed.Objects, item => Assert.Equal(SampleOutcome.Created, item.Outcome));
        viewer.Client.Dispose();
        editor.Client.Dispose();
    }

    [Fact]
    public async Task A_quota_that_stops_it_half_way_is_reported_with_what_is_there_and_a_second_run_completes_it()
    {
        await using BookinfoWorld world = await WorldAsync();
        Kubernetes api = world.Cluster.Client.Api;
        var quota = new V1ResourceQuota
        {
            Metadata = new V1ObjectMeta { Name = "two" },
            Spec = new V1ResourceQuotaSpec { Hard = new Dictionary<string, ResourceQuantity> { ["count/deployments.apps"] = new("2") } },
        };
        await api.CoreV1.CreateNamespacedResourceQuotaAsync(quota, world.Namespace, cancellationToken: Cancel);
        await BookinfoWorld.Until(async () => (await api.CoreV1.ReadNamespacedResourceQuotaAsync("two", world.Namespace, cancellationToken: Cancel)).Status?.Hard is { Count: > 0 });

        MeshException half = await Assert.ThrowsAnyAsync<MeshException>(() => world.InstallAsync());
        await api.CoreV1.DeleteNamespacedResourceQuotaAsync("two", world.Namespace, cancellationToken: Cancel);
        MeshSample completed = await world.InstallAsync();

        Assert.Equal("SampleIncomplete", half.ErrorId);
        Assert.Contains($"Deployment {world.Namespace}/ratings-v1", half.Message, StringComparison.Ordinal);
        Assert.Equal(4, completed.Objects.Count(item => item.Outcome == SampleOutcome.Created));
        Assert.Equal(10, completed.Objects.Count(item => item.Outcome == SampleOutcome.Unchanged));
    }

    [Fact]
    public async Task The_gateway_needs_Istios_definitions_and_goes_with_the_rest()
    {
        await using BookinfoWorld world = await WorldAsync();
        SortedDictionary<string, string> before = await world.SettledAsync();
        MeshException missing = await Assert.ThrowsAsync<MeshException>(() => world.InstallAsync(withGateway: true));
        Assert.Equal(before, await world.SettledAsync());

        await using RoutingDefinitions definitions = await RoutingDefinitions.CreateAsync(world.Cluster.Client.Api, "v1alpha3", "v1beta1");
        MeshSample installed = await world.InstallAsync(withGateway: true);
        MeshSample again = await world.InstallAsync(withGateway: true);
        MeshSample removed = await world.RemoveAsync(Long);

        Assert.Equal("IstioApiNotFound", missing.ErrorId);
        Assert.Equal(16, installed.Objects.Count(item => item.Outcome == SampleOutcome.Created));
        Assert.False(again.Changed);
        Assert.Equal(16, removed.Objects.Count(item => item.Outcome == SampleOutcome.Removed));
    }

    private Task<BookinfoWorld> WorldAsync() => BookinfoWorld.CreateAsync(controlPlane.Kubeconfig);

    private static V1Service Service(string name) => new()
    {
        Metadata = new V1ObjectMeta { Name = name },
        Spec = new V1ServiceSpec { Selector = new Dictionary<string, string> { ["app"] = name }, Ports = [new V1ServicePort { Port = 80, Name = "web" }] },
    };
}
