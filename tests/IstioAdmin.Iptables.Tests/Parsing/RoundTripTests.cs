using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Printing;

namespace IstioAdmin.Iptables.Tests.Parsing;

public sealed class RoundTripTests
{
    [Theory]
    [InlineData("istio-cni-1.1-details.save")]
    [InlineData("istio-cni-1.1-annotated.save")]
    public void A_dump_of_a_real_pod_is_printed_as_it_was_read(string file)
    {
        string text = Dump.Read(file);

        Ruleset ruleset = Dump.Parse(text);

        Assert.Equal(RulesetBackend.NfTables, ruleset.Backend);
        Assert.All(ruleset.Tables.SelectMany(t => t.Chains).SelectMany(c => c.Rules), rule => Assert.True(rule.IsUnderstood, rule.ToString()));
        Assert.Equal(Dump.WithoutComments(text), SavePrinter.Print(ruleset));
    }

    // The vocabulary, in the form in which iptables-save prints it.
    public static TheoryData<string> UnderstoodIPv4 =>
    [
        "-s 127.0.0.1/32 -d 0.0.0.0/8 -j DROP",
        "! -s 10.0.0.0/8 -j ACCEPT",
        "-s 10.0.12.0/255.0.255.0 -j RETURN",
        "-i ppp+ -j ACCEPT",
        "! -i lo -j ACCEPT",
        "! -d 127.0.0.1/32 -o lo -j USER",
        "-p tcp -g USER",
        "! -p udp -j ACCEPT",
        "-p 200 -j ACCEPT",
        "-p gre -j ACCEPT",
        "! -p 47 -j ACCEPT",
        "-p ipcomp -j ACCEPT",
        "-f -j DROP",
        "! -f -j DROP",
        "-p tcp -m tcp",
        "-p tcp -m tcp ! --sport 1:1023 --dport 65535 -j ACCEPT",
        "-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT",
        "-p tcp -m tcp ! --tcp-flags FIN,SYN,RST,PSH,ACK,URG NONE -j DROP",
        "-p udp -m udp --dport 53 -j ACCEPT",
        "-p sctp -m sctp --dport 5060 -j ACCEPT",
        "-p dccp -m dccp --sport 1:2 -j ACCEPT",
        "-p tcp -m multiport --dports 53,1024:65535 -j ACCEPT",
        "-p tcp -m multiport ! --sports 1,2,3 -j ACCEPT",
        "-p udp -m multiport --ports 53 -j ACCEPT",
        "-m owner --uid-owner 1337 -j RETURN",
        "-m owner ! --uid-owner 0-10 ! --gid-owner 1337 -j RETURN",
        "-m owner --socket-exists -j ACCEPT",
        "-m owner ! --socket-exists -j ACCEPT",
        "-m owner --gid-owner 0-10 --suppl-groups -j ACCEPT",
        "-m conntrack --ctstate INVALID,NEW,RELATED,ESTABLISHED,UNTRACKED -j ACCEPT",
        "-m conntrack ! --ctstate SNAT,DNAT -j ACCEPT",
        "-m state --state RELATED,ESTABLISHED -j ACCEPT",
        "-m mark --mark 0x539 -j RETURN",
        "-m mark ! --mark 0x0/0xff0 -j RETURN",
        "-m connmark --mark 0xffffffff/0x0 -j RETURN",
        "-m addrtype --src-type LOCAL ! --dst-type LOCAL -j ACCEPT",
        "-m addrtype --dst-type LOCAL --limit-iface-in -j ACCEPT",
        "-p icmp -m icmp --icmp-type any -j ACCEPT",
        "-p icmp -m icmp ! --icmp-type 8/0 -j ACCEPT",
        "-m iprange ! --src-range 1.1.1.1-1.1.1.10 --dst-range 2.2.2.2-2.2.2.3 -j DROP",
        "-m comment --comment \"it\\'s \\\"quoted\\\" \\\\ text\" -j ACCEPT",
        "-m comment --comment plain_word-1 -j ACCEPT",
        "-m set ! --match-set blocked src,dst -j DROP",
        "-m physdev ! --physdev-is-in --physdev-out eth+ --physdev-is-bridged -j ACCEPT",
        "-j REJECT --reject-with icmp-port-unreachable",
        "-p tcp -j REJECT --reject-with tcp-reset",
        "-p tcp -j REDIRECT --to-ports 15006",
        "-p udp -j REDIRECT --to-ports 42-1234 --random",
        "-j DNAT --to-destination 1.1.1.1-1.1.1.10",
        "-p tcp -j DNAT --to-destination 1.1.1.1:1000-2000/3000 --random --persistent",
        "-p tcp -j DNAT --to-destination :15053",
        "-j SNAT --to-source 1.1.1.1 --random --random-fully --persistent",
        "-j MASQUERADE",
        "-p tcp -j MASQUERADE --to-ports 1024-65535 --random-fully",
        "-p tcp -j TPROXY --on-port 15006 --on-ip 0.0.0.0 --tproxy-mark 0x539/0xffffffff",
        "-j MARK --set-xmark 0x1/0xffffffff",
        "-j CONNMARK --set-xmark 0x111/0xfff",
        "-j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff",
        "-j CONNMARK --restore-mark --nfmask 0xfff --ctmask 0xffffffff",
        "-j CT --notrack",
        "-j CT --zone 2",
        "-j NOTRACK",
        "-j LOG --log-prefix \"test: \" --log-level 1 --log-uid",
        "-j NFLOG --nflog-group 1",
        "-j TRACE",
    ];

    public static TheoryData<string> UnderstoodIPv6 =>
    [
        "-s ::1/128 -d 2001:db8::/32 -j ACCEPT",
        "! -d ::/0 -j DROP",
        "-p ipv6-icmp -m icmp6 --icmpv6-type 1/0 -j ACCEPT",
        "-j REJECT --reject-with icmp6-port-unreachable",
        "-j DNAT --to-destination dead::beef-dead::fee7",
        "-p tcp -j DNAT --to-destination [dead::beef]:1025-65535",
        "-p tcp -j TPROXY --on-port 15006 --on-ip :: --tproxy-mark 0x539/0xffffffff",
        "-m iprange --src-range 2001:db8::1-2001:db8::ff -j DROP",
    ];

    public static TheoryData<string> KeptWordForWord =>
    [
        "-m limit --limit 5/min -j ACCEPT",
        "-p tcp -m tcp --tcp-option 5 -j ACCEPT",
        "-m conntrack --ctproto 6 -j ACCEPT",
        "-m policy --dir in --pol ipsec --strict --proto ipcomp --mode tunnel -j ACCEPT",
        "-m string --string \"-j DROP\" --algo bm --to 65535 -j ACCEPT",
        "-m recent ! --rcheck --seconds 60 --name \"two words\" --mask 255.255.255.255 --rsource -j DROP",
        "-j NFQUEUE --queue-num 3 --queue-bypass",
        "-j UNDECLARED",
        "-j USER --to-ports 5",
        "-j MARK --set-xmark 0777/0xff",
        "-p tcp -j TPROXY --on-port 15006 --on-ip 10.0.0.0/8 --tproxy-mark 0x539/0xffffffff",
    ];

    [Theory]
    [MemberData(nameof(UnderstoodIPv4))]
    public void An_IPv4_rule_of_the_vocabulary_is_understood_and_printed_as_read(string rule) => RoundTrips(rule, IpFamily.IPv4, understood: true);

    [Theory]
    [MemberData(nameof(UnderstoodIPv6))]
    public void An_IPv6_rule_of_the_vocabulary_is_understood_and_printed_as_read(string rule) => RoundTrips(rule, IpFamily.IPv6, understood: true);

    [Theory]
    [MemberData(nameof(KeptWordForWord))]
    public void What_is_not_understood_is_kept_word_for_word(string rule) => RoundTrips(rule, IpFamily.IPv4, understood: false);

    private static void RoundTrips(string rule, IpFamily family, bool understood)
    {
        string text = Dump.WithRules("-A INPUT " + rule);

        Ruleset ruleset = Dump.Parse(text, family);

        Assert.Equal(text, SavePrinter.Print(ruleset));
        Assert.Equal(understood, ruleset.Find("filter")!.Find("INPUT")!.Rules.Single().IsUnderstood);
    }

    [Fact]
    public void Counters_are_kept()
    {
        const string Text = "*filter\n:INPUT DROP [3:180]\n[12:720] -A INPUT -i lo -j ACCEPT\n[0:0] -A INPUT\nCOMMIT\n";

        Assert.Equal(Text, SavePrinter.Print(Dump.Parse(Text), withCounters: true));
    }
}
