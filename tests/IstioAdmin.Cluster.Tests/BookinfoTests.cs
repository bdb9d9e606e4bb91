using IstioAdmin.Core;
using IstioAdmin.Core.Kube.Changes;
using IstioAdmin.Core.Samples;
using IstioAdmin.Testing;
using k8s;
using k8s.Models;

namespace IstioAdmin.Cluster.Tests;

/// <summary>On the real API server.</summary>
public sealed class BookinfoOnRealServerTests(Testbed testbed) : BookinfoTests(testbed);

/// <summary>On the sandbox, which is to be no different.</summary>
public sealed class BookinfoOnSandboxTests(SandboxClusters sandbox) : BookinfoTests(sandbox);

/// <summary>Bookinfo: what an installation and a removal do and leave undone.</summary>
public abstract class BookinfoTests(ITestClusters clusters)
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_second_run_leaves_every_resource_version_as_it_was()
    {
        await using BookinfoWorld world = await BookinfoWorld.CreateAsync(clusters);
        MeshSample first = await world.InstallAsync();
        SortedDictionary<string, string> before = await world.SettledAsync();

        MeshSample second = await world.InstallAsync();

        Assert.All(first.Objects, item => Assert.Equal(ChangeOutcome.Created, item.Outcome));
        Assert.All(second.Objects, item => Assert.Equal(ChangeOutcome.Unchanged, item.Outcome));
        Assert.False(second.Changed);
        Assert.Equal(before, await world.SettledAsync());
    }

    [Fact]
    public async Task A_plan_touches_nothing()
    {
        await using BookinfoWorld world = await BookinfoWorld.CreateAsync(clusters);
        SortedDictionary<string, string> empty = await world.SettledAsync();
        ChangePlan install = await world.PlanAsync();
        Assert.Equal(empty, await world.SettledAsync());
        await world.InstallAsync();
        SortedDictionary<string, string> installed = await world.SettledAsync();

        ChangePlan change = await world.PlanAsync(release: BookinfoRelease.Find("1.16.4"));
        ChangePlan removal = await Bookinfo.PlanRemovalAsync(world.Cluster, world.Namespace, world, Cancel);

        Assert.Equal(installed, await world.SettledAsync());
        Assert.All(install.Steps, step => Assert.Equal(ChangeAction.Create, step.Action));
        Assert.Equal(["Deployment"], change.Steps.Where(step => step.Action == ChangeAction.Change).Select(step => step.Resource.Kind).Distinct());
        Assert.Equal(6, change.Steps.Count(step => step.Writes));
        Assert.All(removal.Steps, step => Assert.Equal(ChangeAction.Remove, step.Action));
    }

    [Fact]
    public async Task Removal_deletes_what_was_installed_and_nothing_else()
    {
        await using BookinfoWorld world = await BookinfoWorld.CreateAsync(clusters);
        Kubernetes api = world.Cluster.Client.Api;
        await api.CoreV1.CreateNamespacedConfigMapAsync(new V1ConfigMap { Metadata = new V1ObjectMeta { Name = "keep" } }, world.Namespace, cancellationToken: Cancel);
        await api.CoreV1.CreateNamespacedServiceAsync(Service("reviews-of-others"), world.Namespace, cancellationToken: Cancel);
        SortedDictionary<string, string> before = await world.SettledAsync();
        await world.InstallAsync();
        await world.PodsExistAsync();

        MeshSample removed = await world.RemoveAsync(Long);
        MeshSample again = await world.RemoveAsync(Long);

        Assert.Equal(14, removed.Objects.Count(item => item.Outcome == ChangeOutcome.Removed));
        Assert.Equal("1.20.3", removed.Version);
        Assert.Equal(before, await world.SettledAsync());
        Assert.Empty((await api.CoreV1.ListNamespacedPodAsync(world.Namespace, cancellationToken: Cancel)).Items);
        Assert.Empty(again.Objects);
    }

    [Fact]
    public async Task The_gateway_needs_Istios_definitions_and_goes_with_the_rest()
    {
        await using BookinfoWorld world = await BookinfoWorld.CreateAsync(clusters);
        SortedDictionary<string, string> before = await world.SettledAsync();
        MeshException missing = await Assert.ThrowsAsync<MeshException>(() => world.InstallAsync(withGateway: true));
        Assert.Equal(before, await world.SettledAsync());

        await using RoutingDefinitions definitions = await RoutingDefinitions.CreateAsync(world.Cluster.Client.Api, "v1alpha3", "v1beta1");
        MeshSample installed = await world.InstallAsync(withGateway: true);
        MeshSample again = await world.InstallAsync(withGateway: true);
        MeshSample removed = await world.RemoveAsync(Long);

        Assert.Equal("IstioApiNotFound", missing.ErrorId);
        Assert.Equal(16, installed.Objects.Count(item => item.Outcome == ChangeOutcome.Created));
        Assert.False(again.Changed);
        Assert.Equal(16, removed.Objects.Count(item => item.Outcome == ChangeOutcome.Removed));
    }

    private static V1Service Service(string name) => new()
    {
        Metadata = new V1ObjectMeta { Name = name },
        Spec = new V1ServiceSpec { Selector = new Dictionary<string, string> { ["app"] = name }, Ports = [new V1ServicePort { Port = 80, Name = "web" }] },
    };
}
