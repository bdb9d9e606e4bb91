using IstioAdmin.Core.Workloads;
using k8s;
using k8s.Models;

namespace IstioAdmin.Core.Tests.Workloads;

public class PodObstacleTests
{
    [Theory]
    [InlineData("{}", "has not been scheduled to a node yet", null)]
    [InlineData("""{"conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable"}]}""", "cannot be scheduled: Unschedulable", null)]
    [InlineData("""{"phase":"Failed","reason":"Evicted","message":"The node was low on resource: memory."}""", "failed: Evicted: The node was low on resource: memory.")]
    [InlineData("{}", "is being started on node n1")]
    [InlineData("""{"containerStatuses":[{"name":"a","image":"i","ready":false,"state":{"waiting":{"reason":"ContainerCreating"}}}]}""", "is being started on node n1")]
    [InlineData("""{"containerStatuses":[{"name":"a","image":"reg/a:1","ready":false,"state":{"waiting":{"reason":"ErrImagePull","message":"not found"}}}]}""", "container a: ErrImagePull (image reg/a:1): not found")]
    [InlineData("""{"initContainerStatuses":[{"name":"istio-init","image":"i","ready":false,"state":{"terminated":{"exitCode":255,"reason":"Error"}}}],"containerStatuses":[{"name":"a","image":"i","ready":false,"state":{"waiting":{"reason":"PodInitializing"}}}]}""", "container istio-init failed, last exit code 255 Error")]
    [InlineData("""{"containerStatuses":[{"name":"a","image":"i","ready":false,"restartCount":4,"state":{"waiting":{"reason":"CrashLoopBackOff"}},"lastState":{"terminated":{"exitCode":137,"reason":"OOMKilled"}}}]}""", "container a keeps failing (CrashLoopBackOff, 4 restarts, last exit code 137 OOMKilled)")]
    [InlineData("""{"containerStatuses":[{"name":"a","image":"i","ready":true,"state":{"running":{}}},{"name":"istio-proxy","image":"i","ready":false,"state":{"running":{}}}]}""", "container istio-proxy runs but is not ready")]
    [InlineData("""{"containerStatuses":[{"name":"a","image":"i","ready":false,"state":{}}]}""", "is being started on node n1")]
    public void The_obstacle_is_told_from_the_pods_status(string status, string told, string? node = "n1")
    {
        V1Pod pod = Pod(status, node);

        Assert.Contains(told, PodObstacle.Describe(pod), StringComparison.Ordinal);
    }

    [Fact]
    public void A_finished_init_container_is_no_obstacle()
    {
        V1Pod pod = Pod("""{"initContainerStatuses":[{"name":"istio-init","image":"i","ready":true,"state":{"terminated":{"exitCode":0,"reason":"Completed"}}}],"containerStatuses":[{"name":"a","image":"i","ready":false,"state":{"running":{}}}]}""", "n1");

        Assert.Contains("container a runs but is not ready", PodObstacle.Describe(pod), StringComparison.Ordinal);
    }

    private static V1Pod Pod(string status, string? node)
    {
        V1Pod pod = KubernetesJson.Deserialize<V1Pod>($$"""{"metadata":{"name":"p"},"status":{{status}}}""");
        pod.Spec = new V1PodSpec { NodeName = node, Containers = [] };
        return pod;
    }
}
