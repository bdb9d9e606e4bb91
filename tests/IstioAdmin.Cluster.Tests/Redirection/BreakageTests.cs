using IstioAdmin.Testing;

namespace IstioAdmin.Cluster.Tests.Redirection;

/// <summary>Every row of <see cref="Breakages"/>: the kernel is asked first, then the verdict.</summary>
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
    }
}
