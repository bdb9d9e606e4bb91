using CsCheck;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Testing;

namespace IstioAdmin.Kernel.Tests.Judge;

/// <summary>
/// The kernel is the judge of the tracer: random rulesets are loaded with iptables-restore into a network namespace, real packets are sent
/// through it, and what became of each is compared with what <see cref="Iptables.Tracing.PacketTracer"/> says. The environment variable
/// ISTIOADMIN_KERNEL_PACKETS sets how many packets are sent in all (20,480 when it is not set; a million takes a quarter to three quarters of an hour).
/// </summary>
public sealed class KernelJudgeTests(ITestOutputHelper output)
{
    private const int PacketsPerRuleset = 40;
    private const int Cases = 8;

    private static long Iterations
    {
        get
        {
            long packets = long.TryParse(Environment.GetEnvironmentVariable("ISTIOADMIN_KERNEL_PACKETS"), out long asked) ? asked : 20_480;
            return Math.Max(1, (packets + (Cases * PacketsPerRuleset) - 1) / (Cases * PacketsPerRuleset));
        }
    }

    [Theory]
    [MemberData(nameof(KernelWorld.Kinds), MemberType = typeof(KernelWorld))]
    public async Task The_kernel_does_with_every_packet_what_the_tracer_says(IpFamily family, RulesetBackend backend, bool forwards)
    {
        await Testbed.RequireKernelAsync();
        Pools pools = Pools.Of(family);
        using var world = new KernelWorld(family, backend, forwards);
        var judge = new Judge(world, pools, backend, forwards);
        Gen<string> dumps = Gen.Frequency((3, new RandomRules(pools, forwards).Dump), (1, new IstioShapes(pools).Dump));

        Gen.Select(dumps, RandomPackets.Packet(pools, forwards).Array[PacketsPerRuleset]).Sample(
            judge.Hear, iter: Iterations, threads: 1, print: _ => "");

        output.WriteLine($"{judge.Rulesets} rulesets, {judge.Packets} packets, {judge.Undecided} undecided, {judge.SecondHearings} heard twice");
        foreach ((string end, long count) in judge.Ends)
            output.WriteLine($"{count,8} {end}");
        Assert.True(judge.Undecided <= judge.Packets / 10, "Too many packets about which the tracer cannot tell.");
        Assert.True(judge.SecondHearings <= judge.Packets / 100, "Too many packets that agreed only when they were sent alone.");
        foreach (string end in new[] { "delivered", "delivered by REDIRECT", "sent", "dropped in filter" })
            Assert.True(judge.Ends.ContainsKey(end), $"No packet was {end}: the rules do not try what they should.");
    }
}
