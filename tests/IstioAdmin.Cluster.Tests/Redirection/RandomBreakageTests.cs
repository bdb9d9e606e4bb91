using CsCheck;
using IstioAdmin.Core.Redirection.Verdicts;
using IstioAdmin.Testing;
using static IstioAdmin.Cluster.Tests.Redirection.PodShapes;
using static IstioAdmin.Cluster.Tests.Redirection.Sent;

namespace IstioAdmin.Cluster.Tests.Redirection;

/// <summary>Rules that are missing, doubled or new at random: what the verdict says and what packets do must agree.</summary>
[Collection(MeshNode.Collection)]
public sealed class RandomBreakageTests(Testbed testbed)
{
    private const int Samples = 30;

    private static readonly string[] Written = Rules(PodScript.Of(Broken.Settings!));

    private static readonly Gen<string> Inbound = Gen.Select(
        OneOf("PREROUTING", "ISTIO_INBOUND"),
        OneOf("-p tcp -m tcp --dport 9080", "-p tcp -m tcp --dport 3306:9000", "-p tcp -m multiport ! --dports 80,443", "-i eth0 -p tcp", "-p tcp -m conntrack --ctstate NEW -m tcp --dport 443"),
        OneOf("RETURN", "ACCEPT", "REDIRECT --to-ports 15006", "REDIRECT --to-ports 9080"),
        (chain, match, target) => $"-A {chain} {match} -j {target}");

    private static readonly Gen<string> Outbound = Gen.Select(
        OneOf("OUTPUT", "ISTIO_OUTPUT"),
        OneOf("-p tcp -m tcp --dport 443", "-p tcp -m owner --uid-owner 2000-2999", "-p tcp -m owner ! --gid-owner 1337", "-o lo -p tcp", "-p tcp -m tcp --dport 80 -m owner --uid-owner 0"),
        OneOf("RETURN", "ACCEPT", "REDIRECT --to-ports 15001", "ISTIO_REDIRECT"),
        (chain, match, target) => $"-A {chain} {match} -j {target}");

    /// <summary>What the kernel is asked each time; the ends are those of healthy rules.</summary>
    private static readonly Sent[] Probes =
    [
        .. from port in new[] { 80, 443, 3306, 8080, 9080 } from sent in new[] { In(port, "proxy 15006"), In6(port, "proxy 15006") } select sent,
        .. from user in new uint[] { 0, 1000, 2000 }
        from port in new[] { 80, 443 }
        from to in new[] { World, World6 }
        select Out(to, port, "proxy 15001", user, user),
    ];

    [Fact]
    public async Task No_packet_escapes_from_a_pod_that_is_called_redirected_and_every_example_of_an_escape_is_one()
    {
        RedirectionWorld world = await RedirectionWorld.OnAsync(testbed);
        Gen<string[]> broken = Gen.Select(Gen.Bool, Gen.Int[0, Written.Length - 1], Gen.OneOf(Inbound, Outbound), Gen.Int[0, 3]).Array[1, 4].Select(Break);

        await broken.SampleAsync(rules => JudgeAsync(world, rules), iter: Samples, threads: 1);
    }

    private static Gen<string> OneOf(params string[] words) => Gen.OneOf([.. words.Select(word => Gen.Const(word))]);

    private static async Task<bool> JudgeAsync(RedirectionWorld world, string[] rules)
    {
        await world[Broken].RunAsync(Script(rules).Text);
        string[] ends = await world.SendAsync(Broken, Probes);
        PodRedirection result = await world.JudgeAsync(Broken);
        string[] escaped = [.. Probes.Zip(ends).Where(pair => pair.First.End != pair.Second).Select(pair => $"{pair.First.Packet}: {pair.Second}")];

        Assert.True(escaped.Length == 0 || result.Verdict is RedirectionVerdict.Partial or RedirectionVerdict.NotRedirected, $"{result.Verdict}, but {string.Join("; ", escaped)}");
        Assert.NotEqual(RedirectionVerdict.Unverified, result.Verdict);
        int sent = await Counterexamples.ConfirmAsync(world, Broken, result);
        Assert.True(sent > 0 || result.Verdict is RedirectionVerdict.Redirected);
        return true;
    }

    /// <summary>Takes rules out, or puts new ones in before some rule of their chain.</summary>
    private static string[] Break((bool Remove, int At, string Rule, int Before)[] changes)
    {
        var rules = Written.ToList();
        foreach ((bool remove, int at, string rule, int before) in changes)
        {
            int[] ofChain = [.. Enumerable.Range(0, rules.Count).Where(i => rules[i].StartsWith(rule[..(rule.IndexOf(' ', 3) + 1)], StringComparison.Ordinal))];
            if (remove)
                rules.RemoveAt(at % rules.Count);
            else
                rules.Insert(ofChain.Length == 0 ? rules.Count : ofChain[before % ofChain.Length], rule);
        }
        return [.. rules];
    }

    private static string[] Rules(PodScript script) => [.. script.IPv4.Split('\n').Where(line => line.StartsWith("-A ", StringComparison.Ordinal))];

    private static PodScript Script(string[] rules)
    {
        string[] own = ["ISTIO_INBOUND", "ISTIO_IN_REDIRECT", "ISTIO_OUTPUT", "ISTIO_REDIRECT"];
        string text = $"*nat\n{string.Concat(own.Select(chain => $":{chain} - [0:0]\n"))}{string.Concat(rules.Select(rule => rule + "\n"))}COMMIT\n";
        return new PodScript
        {
            IPv4 = text,
            // The same rules in the other family's words.
            IPv6 = text.Replace("127.0.0.6/32", "::6/128", StringComparison.Ordinal).Replace("127.0.0.1/32", "::1/128", StringComparison.Ordinal),
            Commands = "ip -6 addr add ::6/128 dev lo\n",
        };
    }
}
