using CsCheck;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Policies;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Printing;
using IstioAdmin.Iptables.Redirection;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Core.Tests.Redirection.Policies;

/// <summary>Policies against the rules that Istio writes, and against rules that somebody has spoilt.</summary>
public sealed class PolicyProofTests
{
    [Fact]
    public void What_Istio_writes_fulfils_every_clause_whatever_the_settings() => RandomPods.Any.Sample(
        pod =>
        {
            RedirectionPolicy policy = PolicyWorld.Policy(pod);
            Assert.DoesNotContain(policy.Problems, problem => problem.Name is "UnusableValue" or "InvalidAnnotation" or "InvalidArgument" or "UnusualMask");
            Assert.NotEmpty(policy.Clauses);

            string[] broken = [.. PolicyWorld.Broken(policy, family => PolicyWorld.Written(policy, family))];

            // Where Istio leaves a family alone that the pod has, it is open: that is to be said.
            bool open = policy.Problems.Any(problem => problem.Name == "IPv6NotCaptured");
            Assert.DoesNotContain(broken, text => !(open && text.Contains("Captured IPv6 Escapes", StringComparison.Ordinal)));
        },
        iter: 400,
        print: Print);

    [Fact]
    public void Where_IPv6_is_open_a_clause_says_so()
    {
        RedirectionPolicy policy = PolicyWorld.Policy(PolicyWorld.ByCni(addresses: PolicyWorld.Dual));

        Assert.Equal(
            ["InboundCaptured IPv6", "OutboundCaptured IPv6"],
            PolicyWorld.Broken(policy, family => PolicyWorld.Written(policy, family)).Select(text => string.Join(' ', text.Split(' ')[..2])));
    }

    /// <summary>
    /// The tracer knows nothing of clauses: wherever spoiling a rule lets a packet go elsewhere that the whole rules bring to the proxy, some
    /// clause must not be proven any more.
    /// </summary>
    [Fact]
    public void Wherever_a_spoilt_rule_lets_a_packet_escape_a_clause_fails()
    {
        int escaped = 0;
        Gen.Select(RandomPods.Any, Spoiling, Packets.Array[60]).Sample(
            (pod, spoil, packets) =>
            {
                RedirectionPolicy policy = PolicyWorld.Policy(pod);
                IpFamily family = policy.Clauses.SelectMany(clause => clause.Queries).First().Family;
                Ruleset whole = PolicyWorld.Written(policy, family);
                Ruleset spoilt = PolicyWorld.Parse(spoil(SavePrinter.Print(whole)), family);
                // Whose DNS istio-init captures only the pod's resolv.conf tells: to port 53 nothing is promised then.
                bool openDns = policy.Settings!.RedirectDns && !policy.Settings.CaptureAllDns;
                Packet[] lost = [.. packets.Select(packet => packet(family, policy)).Where(packet => !(openDns && packet.DestinationPort == 53) && IsCaptured(whole, packet, policy) && !IsCaptured(spoilt, packet, policy))];
                if (lost.Length == 0 || IsOpen(policy, whole, family))
                    return;
                Interlocked.Increment(ref escaped);
                Assert.True(
                    PolicyWorld.Broken(policy, _ => spoilt).Count > 0,
                    $"{lost[0]} from {lost[0].Owner} escapes, but every clause is proven:\n{SavePrinter.Print(spoilt)}");
            },
            iter: 600);
        Assert.True(escaped > 10, $"only {escaped} escapes were tried");
    }

    private static bool IsOpen(RedirectionPolicy policy, Ruleset whole, IpFamily family) =>
        PolicyWorld.Broken(policy with { Clauses = [.. policy.Clauses.Where(c => c.Queries[0].Family == family)] }, _ => whole).Count > 0;

    private static bool IsCaptured(Ruleset rules, Packet packet, RedirectionPolicy policy)
    {
        var tracer = new PacketTracer(rules, PolicyWorld.Host);
        TraceOutcome outcome = packet.InInterface.Length > 0 ? tracer.Inbound(packet) : tracer.Outbound(packet);
        ushort inbound = policy.Settings!.InboundCapturePort ?? (policy.Settings.Generation == RedirectionGeneration.Current ? (ushort)15006 : policy.Settings.ProxyPort);
        ushort expected = packet.InInterface.Length > 0 ? inbound : policy.Settings.ProxyPort;
        return outcome is TraceOutcome.Delivered { By: not null } delivered && (delivered.Port == expected || delivered.Port == 15053);
    }

    // A removed rule, two neighbours swapped, or one too many in front of one.
    private static readonly Gen<Func<string, string>> Spoiling = Gen.Select(Gen.Int[0, 10000], Gen.Int[0, 3]).Select<(int, int), Func<string, string>>(choice => text =>
    {
        (int at, int how) = choice;
        List<string> lines = [.. text.Split('\n')];
        int[] rules = [.. Enumerable.Range(0, lines.Count).Where(i => lines[i].StartsWith("-A", StringComparison.Ordinal))];
        if (rules.Length == 0)
            return text;
        int index = rules[at % rules.Length];
        string chain = lines[index].Split(' ')[1];
        switch (how)
        {
            case 0: lines.RemoveAt(index); break;
            case 1: lines.Insert(index, $"-A {chain} -j RETURN"); break;
            case 2: lines.Insert(index, $"-A {chain} -p tcp -m tcp --dport 443 -j ACCEPT"); break;
            default:
                if (lines[index + 1].StartsWith("-A", StringComparison.Ordinal))
                    (lines[index], lines[index + 1]) = (lines[index + 1], lines[index]);
                break;
        }
        return string.Join('\n', lines);
    });

    private static readonly Gen<Func<IpFamily, RedirectionPolicy, Packet>> Packets = Gen.Select(
        Gen.Bool, Gen.Int[0, 9], Gen.Int[0, 4], Gen.Int[0, 3], Gen.Bool).Select<(bool, int, int, int, bool), Func<IpFamily, RedirectionPolicy, Packet>>(choice => (family, policy) =>
        {
            (bool inbound, int port, int to, int owner, bool udp) = choice;
            bool v4 = family == IpFamily.IPv4;
            ushort number = new ushort[] { 80, 443, 53, 22, 9080, 8443, 3306, 15008, 65535, 12345 }[port];
            UInt128 own = PolicyWorld.Address(v4 ? PolicyWorld.PodV4 : PolicyWorld.PodV6);
            if (inbound)
            {
                return new Packet
                {
                    Family = family,
                    Source = PolicyWorld.Address(v4 ? "10.244.7.9" : "fd00::9"),
                    SourcePort = 40000,
                    Destination = own,
                    DestinationPort = number,
                    InInterface = "eth0",
                };
            }
            string[] destinations = v4 ? ["10.96.0.1", "192.0.2.7", "198.51.100.1", "10.244.9.9", "169.254.169.254"] : ["fd00::9", "2001:db8::7", "2600::1", "fd12::1", "2001:db8:1::1"];
            // Whoever is exempt in one way or the other is none of an application's packets.
            uint id = new uint[] { 1000, 0, 205, 2500 }[owner];
            return new Packet
            {
                Family = family,
                Protocol = udp ? IpProtocol.Udp : IpProtocol.Tcp,
                Source = own,
                SourcePort = 40000,
                Destination = PolicyWorld.Address(destinations[to]),
                DestinationPort = number,
                Owner = new PacketOwner(id, id),
            };
        });

    private static string Print(MeshPod pod) => string.Join("\n", new[]
    {
        $"{pod.RedirectMethod} {pod.IstioVersion} {string.Join(',', pod.PodIPs)}",
        string.Join("; ", pod.Annotations.Select(a => $"{a.Key}={a.Value}")),
        string.Join("; ", pod.Traffic.Containers.Select(c => $"{c.Name} {c.RunAsUser}/{c.RunAsGroup} [{string.Join(' ', c.Arguments)}] [{string.Join(' ', c.Environment)}]")),
    });
}
