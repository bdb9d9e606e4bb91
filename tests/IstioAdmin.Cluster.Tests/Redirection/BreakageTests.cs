using IstioAdmin.Core.Redirection.Verdicts;
using IstioAdmin.Testing;

namespace IstioAdmin.Cluster.Tests.Redirection;

/// <summary>Every row of <see cref="Breakages"/>: the kernel is asked first, then the verdict, then the kernel about the verdict's own examples.</summary>
[Collection(MeshNode.Collection)]
public sealed class BreakageTests(Testbed testbed)
{
    public static TheoryData<string> Names => [.. Breakages.All.Select(breakage => breakage.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_broken_pod_is_judged_as_its_packets_fare(string name)
    {
        RedirectionWorld world = await RedirectionWorld.OnAsync(testbed);
        Breakage breakage = Breakages.All.Single(row => row.Name == name);
        if (breakage.Script is { } script)
            await world[breakage.Pod].RunAsync(script.Text);
        await world.ConfirmAsync(breakage.Pod, breakage.Traffic);

        PodRedirection result = await world.JudgeAsync(breakage.Pod);

        Assert.True(breakage.Verdict == result.Verdict, $"{breakage.Verdict} is right, not {result.Verdict}:\n{Said(result)}");
        Assert.True(breakage.Finding is null || result.Findings.Any(finding => finding.Name == breakage.Finding), $"{breakage.Finding} is missing:\n{Said(result)}");
        int sent = await Counterexamples.ConfirmAsync(world, breakage.Pod, result);
        Assert.True(sent > 0 || result.Verdict is not (RedirectionVerdict.Partial or RedirectionVerdict.NotRedirected or RedirectionVerdict.Looping), "The verdict has no example.");
    }

    private static string Said(PodRedirection result) => string.Join('\n', result.Findings.Select(finding => $"{finding.Severity} {finding.Name}: {finding.Text}"));
}
