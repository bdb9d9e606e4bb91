using IstioAdmin.Core.Redirection.Sources;
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

    [Fact]
    public async Task All_pods_of_the_node_are_judged_by_one_reading_through_the_cluster()
    {
        RedirectionWorld world = await RedirectionWorld.OnAsync(testbed);

        IReadOnlyDictionary<string, PodRedirection> results = await world.TestAsync(new RulesReadOptions { Source = RulesSource.Node, InspectorImage = "registry.local/nettools:1" });

        Assert.All(PodShapes.Healthy, pod => Assert.Equal(RedirectionVerdict.Redirected, results[pod.Name].Verdict));
        Assert.Equal(RedirectionVerdict.NotExpected, results[PodShapes.InjectFalse.Name].Verdict);
        Assert.Equal(RedirectionVerdict.NotExpected, results[PodShapes.NothingLeft.Name].Verdict);
        Assert.Equal(RedirectionVerdict.Partial, results[PodShapes.AppAsProxy.Name].Verdict);
        Assert.Single(results.Values.Where(result => result.Rules is not null).Select(result => result.Evidence!.Reader).Distinct());
    }
}
