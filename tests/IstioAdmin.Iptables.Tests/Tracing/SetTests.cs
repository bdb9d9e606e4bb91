using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Parsing;
using IstioAdmin.Iptables.Proof.Escapes;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Iptables.Tests.Tracing;

public sealed class SetTests
{
    private static Ruleset Rules(string match, params string[] sets) =>
        Dump.Parse(Dump.WithRules($"-A INPUT {match} -j DROP")) with { Sets = IpsetSave.Parse(string.Join('\n', sets), out _) };

    private static OutcomeKind End(Ruleset rules, Packet packet) => new PacketTracer(rules, World.Pod).Inbound(packet).Kind;

    [Theory]
    [InlineData("hash:ip", "10.244.7.9", "src", true)]
    [InlineData("hash:ip", "10.244.7.8", "src", false)]
    [InlineData("hash:net", "10.244.0.0/16", "src", true)]
    [InlineData("hash:net", "10.245.0.0/16", "src", false)]
    [InlineData("hash:ip", "10.244.7.5", "dst", true)]
    [InlineData("hash:ip,port", "10.244.7.9,tcp:80", "src,dst", true)]
    [InlineData("hash:ip,port", "10.244.7.9,udp:80", "src,dst", false)]
    [InlineData("hash:ip,port", "10.244.7.9,tcp:80", "src,src", false)]
    [InlineData("hash:ip,port,net", "10.244.7.9,tcp:80,10.244.7.0/24", "src,dst,dst", true)]
    [InlineData("hash:ip,port,net", "10.244.7.9,tcp:80,10.244.8.0/24", "src,dst,dst", false)]
    [InlineData("bitmap:port", "80", "dst", true)]
    [InlineData("bitmap:port", "81", "dst", false)]
    public void A_packet_is_in_a_set_whose_elements_are_known_or_not(string type, string element, string directions, bool member)
    {
        string[] sets = [$"create s {type} family inet hashsize 1024", "create other hash:ip", $"add s {element}"];

        Assert.Equal(member, End(Rules($"-p tcp -m set --match-set s {directions}", sets), World.In(80)) == OutcomeKind.Dropped);
        Assert.Equal(!member, End(Rules($"-p tcp -m set ! --match-set s {directions}", sets), World.In(80)) == OutcomeKind.Dropped);
    }

    [Theory]
    [InlineData("src")]
    [InlineData("src", "create s hash:ip timeout 300", "add s 10.244.7.9 timeout 17")]
    [InlineData("src", "create s hash:ip netmask 24", "add s 10.244.7.0")]
    [InlineData("src", "create s hash:net", "add s 10.244.7.9 nomatch")]
    [InlineData("src", "create s hash:mac", "add s 00:00:00:00:00:01")]
    [InlineData("src", "create s list:set size 8", "add s t")]
    [InlineData("src", "create s hash:ip,port", "add s 10.244.7.9,tcp:80")]
    [InlineData("src", "create s hash:ip", "add s 10.244.7.9", "ad s 10.0.0.1")]
    [InlineData("src,dst", "create s hash:ip,port", "add s 10.244.7.9,icmp:8/0")]
    public void A_set_that_is_not_given_or_not_understood_decides_nothing(string directions, params string[] sets) =>
        Assert.Equal(OutcomeKind.Undecided, End(Rules($"-p tcp -m set --match-set s {directions}", sets), World.In(80)));

    [Fact]
    public void A_set_of_the_other_family_has_no_packet_in_it()
    {
        string[] sets = ["create s hash:ip family inet6", "add s fd00::1"];
        Assert.Equal(OutcomeKind.Delivered, End(Rules("-m set --match-set s src", sets), World.In(80)));
        Assert.Equal(OutcomeKind.Dropped, End(Rules("-m set ! --match-set s src", sets), World.In(80)));
    }

    [Fact]
    public void A_proof_knows_the_elements()
    {
        Ruleset unknown = Dump.Parse("*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -m set --match-set skip src,dst -j ACCEPT\n-A PREROUTING -p tcp -j REDIRECT --to-ports 15006\nCOMMIT\n");
        Ruleset rules = unknown with { Sets = IpsetSave.Parse("create skip hash:net,port\nadd skip 10.9.0.0/16,tcp:22\nadd skip 10.8.0.0/16,tcp:2222\n", out _) };
        var query = new EscapeQuery { Direction = PacketDirection.Inbound, Protocols = [IpProtocol.Tcp], Expected = Expectation.RedirectedTo(15006) };

        EscapeSet answer = new EscapeFinder(rules, World.Pod).Find(query);

        Assert.Equal(["tcp from 10.8.0.0/16 port 2222", "tcp from 10.9.0.0/16 port 22"], answer.Escapes.Select(e => e.Packets.ToString()).Order());
        Assert.Equal(EscapeVerdict.Unproven, new EscapeFinder(unknown, World.Pod).Find(query).Verdict);
    }
}
