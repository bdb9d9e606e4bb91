using CsCheck;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Parsing;
using IstioAdmin.Iptables.Parsing.Nftables;
using IstioAdmin.Iptables.Tracing;
using IstioAdmin.Testing;

namespace IstioAdmin.Kernel.Tests.Nftables;

/// <summary>
/// What iptables-nft loads, nft lists. Read from there a ruleset must not say anything else of a packet than read from what
/// iptables-nft-save prints; it may leave open what nft does not show.
/// </summary>
public sealed class IptablesNftTests
{
    private const string Separator = "=====";

    [Theory]
    [InlineData(IpFamily.IPv4, "iptables")]
    [InlineData(IpFamily.IPv6, "ip6tables")]
    public async Task Both_listings_of_one_ruleset_say_the_same_of_a_packet(IpFamily family, string program)
    {
        await Testbed.RequireKernelAsync();
        int same = 0, open = 0;
        Gen.Select(Dump(family), TracedPod.Packets(family).Array[100]).Sample(
            (dump, packets) =>
            {
                string[] listings = Netns.Run($"{program}-nft-restore; {program}-nft-save; echo {Separator}; nft -j list ruleset", dump).Split(Separator + "\n");
                var saved = new PacketTracer(Assert.Single(IptablesSave.Parse(listings[0], new ParseOptions { Family = family }).Rulesets), TracedPod.Host);
                ParseResult read = NftablesJson.Parse(listings[1]);
                Assert.Empty(read.Errors);
                var listed = new PacketTracer(Assert.Single(read.Rulesets), TracedPod.Host);
                foreach (Packet packet in packets)
                {
                    string expected = saved.Fate(packet), actual = listed.Fate(packet);
                    Assert.True(actual == expected || actual == TracedPod.Undecided, $"{packet}\nsaved: {expected}\nlisted: {actual}\n{listings[0]}\n{listings[1]}");
                    Interlocked.Increment(ref actual == expected && expected != TracedPod.Undecided ? ref same : ref open);
                }
            },
            iter: 40,
            threads: 1);
        // Half of the rules below have an extension of x_tables in them.
        Assert.True(same > open / 2, $"{same} decided alike, {open} left open");
    }

    private static Gen<string> Pick(params string[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static Gen<string> Conditions(IpFamily family)
    {
        (string host, string net, string other, string icmp) = family == IpFamily.IPv4
            ? ("10.244.7.5", "10.244.7.0/24", "10.0.7.0/255.0.255.0", "icmp")
            : ("fd00::5", "fd00::/64", "2001:db8::/33", "ipv6-icmp");
        Gen<string> not = Pick("", "", "! ");
        return Gen.OneOf(
            Gen.Const(""),
            Gen.Select(not, Pick("-s", "-d"), Pick(host, net, other)).Select((n, option, value) => $"{n}{option} {value}"),
            Gen.Select(not, Pick("-p tcp", "-p udp", $"-p {icmp}")).Select((n, option) => n + option),
            Gen.Select(Pick("tcp", "udp"), not, Pick("--dport", "--sport"), Pick("80", "22:443", "0:1023", "1024:65535", "15008")).Select((p, n, option, ports) => $"-p {p} -m {p} {n}{option} {ports}"),
            Gen.Select(not, Pick("-i", "-o"), Pick("lo", "eth0", "eth+")).Select((n, option, name) => $"{n}{option} {name}"),
            Gen.Select(not, Pick("0x1", "0x1/0x3", "0x0")).Select((n, mark) => $"-m mark {n}--mark {mark}"),
            Gen.Const("-p tcp -m tcp --syn"),
            Gen.Const("-m comment --comment \"why not\""),
            Pick("-p tcp -m multiport --dports 22,80", "-m conntrack --ctstate NEW", "-m addrtype --dst-type LOCAL"));
    }

    private static Gen<string> Chain(string table, string chain, IpFamily family)
    {
        bool input = chain is "PREROUTING" or "INPUT", user = chain is "A" or "B";
        string[] targets = table switch
        {
            "filter" => ["-j ACCEPT", "-j DROP", "-j RETURN", "", "-j LOG", "-j REJECT"],
            "mangle" => ["-j ACCEPT", "-j DROP", "-j RETURN", "-j MARK --set-xmark 0x1/0xffffffff"],
            _ => ["-j ACCEPT", "-j RETURN", "-p tcp -j REDIRECT --to-ports 15001"],
        };
        targets = chain switch
        {
            "A" => [.. targets, "-j B", "-g B"],
            "B" => targets,
            _ => [.. targets, "-j A", "-g A", "-j A"],
        };
        return Gen.Select(Conditions(family), Pick(targets)).Select((conditions, target) =>
        {
            // Interfaces that a hook does not have are refused; a target that names the protocol would repeat it.
            if ((conditions.Contains("-o ", StringComparison.Ordinal) && (input || user)) || (conditions.Contains("-i ", StringComparison.Ordinal) && !input))
                conditions = "";
            if (target.StartsWith("-p", StringComparison.Ordinal))
                conditions = "";
            return $"-A {chain} {conditions} {target}\n";
        });
    }

    private static Gen<string> Table(string table, string[] chains, IpFamily family) => Gen.Select(
        Gen.Int[0, 5],
        Pick([.. chains, .. chains, "A", "B"]).SelectMany(chain => Chain(table, chain, family)).Array[2, 8]).Select((drops, rules) =>
            $"*{table}\n{string.Concat(chains.Select((chain, i) => $":{chain} {(i == drops && table == "filter" ? "DROP" : "ACCEPT")} [0:0]\n"))}:A - [0:0]\n:B - [0:0]\n{string.Concat(rules)}COMMIT\n");

    private static Gen<string> Dump(IpFamily family) => Gen.Select(
        Table("mangle", ["PREROUTING", "OUTPUT", "POSTROUTING"], family),
        Table("nat", ["PREROUTING", "OUTPUT"], family),
        Table("filter", ["INPUT", "OUTPUT"], family)).Select((mangle, nat, filter) => mangle + nat + filter);
}
