using IstioAdmin.Core.Redirection.Verdicts;
using IstioAdmin.Testing;

namespace IstioAdmin.Cluster.Tests.Redirection;

/// <summary>Pods that Istio's CNI plugin or istio-init has just set up, of every annotation mix.</summary>
[Collection(MeshNode.Collection)]
public sealed class HealthyPodTests(Testbed testbed)
{
    public static TheoryData<string> Names => [.. PodShapes.Healthy.Select(shape => shape.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_healthy_pods_packets_end_where_its_settings_say(string name)
    {
        RedirectionWorld world = await RedirectionWorld.OnAsync(testbed);
        PodShape pod = PodShapes.Healthy.Single(shape => shape.Name == name);

        await world.ConfirmAsync(pod, pod.Traffic);
        PodRedirection result = await world.JudgeAsync(pod);

        Assert.True(result.Verdict == RedirectionVerdict.Redirected, $"{result.Verdict}: {string.Join('\n', result.Findings)}");
        Assert.DoesNotContain(result.Findings, finding => finding.Severity == FindingSeverity.Error);
    }
}
