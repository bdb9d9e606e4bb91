using k8s;
using IstioAdmin.Core;
using IstioAdmin.Core.Samples;
using IstioAdmin.Testing;
using k8s.Models;

namespace IstioAdmin.Cluster.Tests;

/// <summary>Waiting for Bookinfo, with real controllers between its deployments and pods that the test lets run, fail or stay.</summary>
public sealed class BookinfoWaitTests(Testbed testbed)
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);
    // Within it controllers are to have done their part.
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(15);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Waiting_ends_when_the_last_deployment_is_available()
    {
        await using BookinfoWorld world = await BookinfoWorld.CreateAsync(testbed);
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
        await using BookinfoWorld world = await BookinfoWorld.CreateAsync(testbed);
        string node = await world.AddNodeAsync();
        await world.InstallAsync();
        await world.PodsExistAsync();
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

        await Eventually.BecomesTrueAsync(
            async () => (await world.Cluster.Client.Api.AppsV1.ListNamespacedDeploymentAsync(world.Namespace, cancellationToken: Cancel)).Items.Count(item => item.Status.AvailableReplicas == 1) == 3,
            "all but the reviews are available");
        MeshException late = await Assert.ThrowsAsync<MeshException>(() => world.InstallAsync(Short));

        Assert.Equal("RolloutTimedOut", late.ErrorId);
        Assert.Contains("ImagePullBackOff (image docker.io/istio/examples-bookinfo-reviews-v3:1.20.3)", late.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("ratings-v1", late.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Removal_names_the_pods_that_their_node_does_not_let_go()
    {
        await using BookinfoWorld world = await BookinfoWorld.CreateAsync(testbed);
        string node = await world.AddNodeAsync();
        await world.InstallAsync();
        await world.PodsExistAsync();
        await world.RunPodsAsync(node, BookinfoWorld.Ready);

        MeshException late = await Assert.ThrowsAsync<MeshException>(() => world.RemoveAsync(Short));

        Assert.Equal("RemovalTimedOut", late.ErrorId);
        Assert.Contains($"(on node {node}, being deleted)", late.Message, StringComparison.Ordinal);
    }
}
