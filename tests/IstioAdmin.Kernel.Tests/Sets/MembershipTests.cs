using CsCheck;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Parsing;
using IstioAdmin.Iptables.Tracing;
using IstioAdmin.Kernel.Tests.Nftables;
using IstioAdmin.Testing;

namespace IstioAdmin.Kernel.Tests.Sets;

/// <summary>What the kernel says is in a set, the tracer says too, from what <c>ipset save</c> printed of it.</summary>
public sealed class MembershipTests
{
    private static readonly string[] Addresses = ["10.0.0.0", "10.0.0.1", "10.0.0.255", "10.0.1.0", "10.1.2.3", "192.0.2.1"];
    private static readonly string[] Nets = ["10.0.0.0/24", "10.0.0.0/16", "10.0.0.1/32", "192.0.2.0/31", "128.0.0.0/1"];
    private static readonly string[] Ports = ["tcp:80", "tcp:65535", "udp:80", "udp:53", "tcp:1"];
    private static readonly string[] PortsAlone = ["80", "65535", "1"];

    [Theory]
    [InlineData("hash:ip")]
    [InlineData("hash:net")]
    [InlineData("hash:ip,port")]
    [InlineData("hash:net,port")]
    [InlineData("hash:ip,port,net")]
    [InlineData("bitmap:port")]
    public async Task The_kernel_has_the_same_members(string type)
    {
        await Testbed.RequireKernelAsync();
        string[] dimensions = type[(type.IndexOf(':', StringComparison.Ordinal) + 1)..].Split(',');
        bool bitmap = type == "bitmap:port";
        Gen<string> element = Join(dimensions, d => d == "port" ? bitmap ? PortsAlone : Ports : d == "net" ? Nets : Addresses);
        Gen<string> candidate = Join(dimensions, d => d == "port" ? bitmap ? PortsAlone : Ports : Addresses);
        Gen.Select(element.Array[0, 6], candidate.Array[25]).Sample((elements, candidates) =>
        {
            string create = $"create s {type}{(bitmap ? " range 0-65535" : " family inet")}\n{string.Concat(elements.Distinct().Select(e => $"add s {e}\n"))}";
            string script = "ipset restore; ipset save; echo ---; " + string.Join("; ", candidates.Select(c => $"if ipset -q test s {c}; then echo yes; else echo no; fi"));
            string[] printed = Netns.Run(script, create).Split("---\n");
            IReadOnlyList<IpSet> sets = IpsetSave.Parse(printed[0], out IReadOnlyList<SyntaxError> errors);
            Assert.Empty(errors);
            Assert.Single(sets);
            string[] kernel = printed[1].Split('\n', StringSplitOptions.RemoveEmptyEntries);

            Ruleset rules = Assert.Single(IptablesSave.Parse($"*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -m set --match-set s {Directions(dimensions)} -j DROP\nCOMMIT\n").Rulesets) with { Sets = sets };
            var tracer = new PacketTracer(rules, TracedPod.Host);
            for (int i = 0; i < candidates.Length; i++)
            {
                bool member = tracer.Inbound(PacketOf(dimensions, candidates[i])).DecidedBy is not null;
                Assert.True(member == (kernel[i] == "yes"), $"{candidates[i]}: the kernel says {kernel[i]}\n{printed[0]}");
            }
        }, iter: 12, threads: 1);
    }

    private static string Directions(string[] dimensions) => dimensions switch
    {
        ["port"] => "dst",
        [_, "port", _] => "src,dst,dst",
        _ => "src,dst",
    };

    private static Gen<string> Join(string[] dimensions, Func<string, string[]> values) =>
        dimensions.Select(values).Select(pool => Gen.Int[0, pool.Length - 1].Select(i => pool[i]))
            .Aggregate((left, right) => Gen.Select(left, right).Select((a, b) => $"{a},{b}"));

    /// <summary>A packet that has the values of a candidate where the rule looks for them.</summary>
    private static Packet PacketOf(string[] dimensions, string candidate)
    {
        string[] parts = candidate.Split(',');
        int port = Array.IndexOf(dimensions, "port");
        string[] words = port < 0 ? ["tcp", "80"] : parts[port].Contains(':', StringComparison.Ordinal) ? parts[port].Split(':') : ["tcp", parts[port]];
        return new Packet
        {
            Protocol = words[0] == "udp" ? IpProtocol.Udp : IpProtocol.Tcp,
            DestinationPort = ushort.Parse(words[1], null),
            SourcePort = 40000,
            Source = TracedPod.Address(port == 0 ? "11.0.0.1" : parts[0], IpFamily.IPv4),
            Destination = TracedPod.Address(dimensions.Length == 3 ? parts[2] : dimensions.Length == 2 && port < 0 ? parts[1] : "198.51.100.1", IpFamily.IPv4),
            InInterface = "eth0",
        };
    }
}
