using IstioAdmin.Core.Workloads;
using k8s;
using k8s.Models;

namespace IstioAdmin.Core.Tests.Workloads;

/// <summary>The rules of kubectl rollout status, case by case.</summary>
public sealed class RolloutTests
{
    [Theory]
    [InlineData("""{"observedGeneration":3,"readyReplicas":3,"updatedReplicas":3,"updateRevision":"b","currentRevision":"b"}""", "{}", true)]
    [InlineData("""{"observedGeneration":3,"readyReplicas":3,"updatedReplicas":2,"updateRevision":"b","currentRevision":"a"}""", "{}", false)]
    [InlineData("""{"observedGeneration":3,"readyReplicas":2,"updatedReplicas":3,"updateRevision":"b","currentRevision":"b"}""", "{}", false)]
    [InlineData("""{"observedGeneration":2,"readyReplicas":3,"updatedReplicas":3,"updateRevision":"b","currentRevision":"b"}""", "{}", false)]
    [InlineData("""{"observedGeneration":3,"readyReplicas":3,"updatedReplicas":1,"updateRevision":"b","currentRevision":"a"}""", """{"type":"RollingUpdate","rollingUpdate":{"partition":2}}""", true)]
    [InlineData("""{"observedGeneration":3,"readyReplicas":3,"updatedReplicas":0,"updateRevision":"b","currentRevision":"a"}""", """{"type":"RollingUpdate","rollingUpdate":{"partition":2}}""", false)]
    public void A_stateful_set_is_done_when_its_pods_are_ready_and_of_the_new_revision(string status, string strategy, bool done)
    {
        V1StatefulSet set = KubernetesJson.Deserialize<V1StatefulSet>($$"""{"metadata":{"name":"db","generation":3},"spec":{"replicas":3,"updateStrategy":{{strategy}}},"status":{{status}}}""");

        Assert.Equal(done, Rollout.Of(set).IsDone);
    }

    [Theory]
    [InlineData("""{"observedGeneration":3,"desiredNumberScheduled":2,"updatedNumberScheduled":2,"numberAvailable":2}""", true)]
    [InlineData("""{"observedGeneration":3,"desiredNumberScheduled":2,"updatedNumberScheduled":1,"numberAvailable":2}""", false)]
    [InlineData("""{"observedGeneration":3,"desiredNumberScheduled":2,"updatedNumberScheduled":2,"numberAvailable":1}""", false)]
    [InlineData("""{"observedGeneration":2,"desiredNumberScheduled":2,"updatedNumberScheduled":2,"numberAvailable":2}""", false)]
    [InlineData("""{"observedGeneration":3,"desiredNumberScheduled":0}""", true)]
    public void A_daemon_set_is_done_when_each_node_has_an_available_pod_of_the_new_template(string status, bool done)
    {
        V1DaemonSet set = KubernetesJson.Deserialize<V1DaemonSet>($$"""{"metadata":{"name":"agent","generation":3},"spec":{},"status":{{status}}}""");

        Assert.Equal(done, Rollout.Of(set).IsDone);
    }
}
