using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Model.Matches;
using IstioAdmin.Iptables.Model.Targets;
using static IstioAdmin.Iptables.Tests.Parsing.Nftables.Listing;

namespace IstioAdmin.Iptables.Tests.Parsing.Nftables;

public sealed class ExpressionTests
{
    private static Rule Only(IpFamily family, params string[] statements) => Assert.Single(Input(family, string.Join(", ", statements)).Tables[0].Chains[0].Rules);

    private static string Words(string match, IpFamily family = IpFamily.IPv4) => string.Join(' ', Only(family, match).Matches.Select(m => m.ToString()));

    [Theory]
    [InlineData("==", "ip", "saddr", """{"prefix": {"addr": "10.0.0.0", "len": 8}}""", "-s 10.0.0.0/8")]
    [InlineData("!=", "ip", "daddr", "\"127.0.0.1\"", "! -d 127.0.0.1/32")]
    [InlineData("==", "ip", "daddr", """{"range": ["10.0.0.1", "10.0.0.9"]}""", "-m iprange --dst-range 10.0.0.1-10.0.0.9")]
    [InlineData("==", "ip", "daddr", """{"range": ["10.0.0.0", "10.0.0.255"]}""", "-d 10.0.0.0/24")]
    [InlineData("==", "ip", "protocol", "\"tcp\"", "-p tcp")]
    [InlineData("==", "tcp", "dport", "15008", "-p tcp -m tcp --dport 15008")]
    [InlineData("!=", "udp", "sport", """{"range": [1, 100]}""", "-p udp -m udp ! --sport 1:100")]
    [InlineData("<=", "tcp", "dport", "100", "-p tcp -m tcp --dport 0:100")]
    [InlineData(">", "tcp", "dport", "1023", "-p tcp -m tcp --dport 1024:65535")]
    [InlineData("!=", "tcp", "dport", """{"set": [53, {"range": [100, 200]}, 15008]}""", "-p tcp -m multiport ! --dports 53,100:200,15008")]
    [InlineData("==", "icmp", "type", "\"echo-request\"", "-p icmp -m icmp --icmp-type 8")]
    [InlineData("in", "tcp", "flags", "\"syn\"", "-p tcp -m tcp ! --tcp-flags SYN NONE")]
    public void A_header_is_compared_as_iptables_does_where_it_can(string op, string protocol, string field, string right, string expected) =>
        Assert.Equal(expected, Words(Match(Payload(protocol, field), right, op)));

    [Theory]
    [InlineData("==", "meta", "l4proto", "\"tcp\"", "-p tcp")]
    [InlineData("!=", "meta", "l4proto", "\"udp\"", "! -p udp")]
    [InlineData("==", "meta", "iifname", "\"eth*\"", "-i eth+")]
    [InlineData("!=", "meta", "oifname", "\"lo\"", "! -o lo")]
    [InlineData("==", "meta", "mark", "1337", "-m mark --mark 0x539")]
    [InlineData("==", "meta", "skuid", "1337", "-m owner --uid-owner 1337")]
    [InlineData("<", "meta", "skgid", "1000", "-m owner --gid-owner 0-999")]
    [InlineData("!=", "ct", "mark", "1", "-m connmark ! --mark 0x1")]
    [InlineData("in", "ct", "state", """["established", "related"]""", "-m conntrack --ctstate RELATED,ESTABLISHED")]
    [InlineData("==", "ct", "state", """{"set": ["established", "new"]}""", "-m conntrack --ctstate NEW,ESTABLISHED")]
    [InlineData("!=", "ct", "state", "\"new\"", "-m conntrack ! --ctstate NEW")]
    [InlineData("in", "ct", "status", "\"dnat\"", "-m conntrack ! --ctstate INVALID,UNTRACKED -m conntrack --ctstate DNAT")]
    public void A_packets_facts_are_compared_as_iptables_does_where_it_can(string op, string kind, string key, string right, string expected) =>
        Assert.Equal(expected, Words(Match(kind == "meta" ? Meta(key) : Ct(key), right, op)));

    [Fact]
    public void Masks_are_part_of_the_comparison()
    {
        Assert.Equal("-s 10.0.7.0/255.0.255.0", Words(Match($$"""{"&": [{{Payload("ip", "saddr")}}, "255.0.255.0"]}""", "\"10.0.7.0\"")));
        Assert.Equal("-m mark ! --mark 0x539/0xfff", Words(Match($$"""{"&": [{{Meta("mark")}}, 4095]}""", "1337", "!=")));
        Assert.Equal("-m connmark --mark 0x111/0xfff", Words(Match($$"""{"&": [{{Ct("mark")}}, 4095]}""", "273")));
        Assert.Equal("-f", Words(Match($$"""{"&": [{{Payload("ip", "frag-off")}}, 8191]}""", "0", "!=")));
        Assert.Equal(
            "-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN",
            Words(Match($$"""{"&": [{{Payload("tcp", "flags")}}, ["fin", "syn", "rst", "ack"]]}""", "\"syn\"")));
    }

    [Fact]
    public void Routing_is_asked_as_addrtype_does()
    {
        string local = Match("""{"fib": {"result": "type", "flags": ["daddr"]}}""", "\"local\"");

        Assert.Equal("-m addrtype --dst-type LOCAL", Words(local));
        Assert.Equal("-m addrtype --dst-type LOCAL", Words(local, IpFamily.IPv6));
    }

    [Fact]
    public void A_table_of_both_families_keeps_a_rule_about_one_of_them_in_both_rulesets()
    {
        string four = Match(Payload("ip", "saddr"), "\"1.2.3.4\""), six = Match(Payload("ip6", "saddr"), "\"fd00::1\"");

        Assert.IsType<SourceMatch>(Assert.Single(Only(IpFamily.IPv4, four).Matches));
        Assert.IsType<NeverMatch>(Assert.Single(Only(IpFamily.IPv6, four).Matches));
        Assert.IsType<NeverMatch>(Assert.Single(Only(IpFamily.IPv4, six).Matches));
        Assert.IsType<SourceMatch>(Assert.Single(Only(IpFamily.IPv6, six).Matches));
        Assert.IsType<NeverMatch>(Assert.Single(Only(IpFamily.IPv6, Match(Meta("nfproto"), "\"ipv4\"")).Matches));
    }

    [Theory]
    [InlineData("""{"xt": {"type": "match", "name": "multiport"}}""", "xt match multiport")]
    [InlineData("""{"limit": {"rate": 5, "burst": 5, "per": "minute"}}""", "limit rate 5/minute")]
    [InlineData("""{"match": {"op": "==", "left": {"numgen": {"mode": "random", "mod": 2, "offset": 0}}, "right": 0}}""", """{"numgen": {"mode": "random", "mod": 2, "offset": 0}} 0""")]
    [InlineData("""{"match": {"op": "==", "left": {"meta": {"key": "iif"}}, "right": 7}}""", "iif 7")]
    public void A_condition_that_is_not_understood_is_kept(string statement, string words)
    {
        Rule rule = Only(IpFamily.IPv4, statement, Accept);

        Assert.Equal(words, Assert.IsType<UnknownMatch>(Assert.Single(rule.Matches)).Words);
        Assert.Equal($"add rule inet t in {words} accept", rule.ToString());
        Assert.False(rule.IsUnderstood);
    }

    [Theory]
    [InlineData("""{"xt": {"type": "target", "name": "REDIRECT"}}""", "xt target REDIRECT")]
    [InlineData("""{"queue": {"num": 3}}""", """{"queue": {"num": 3}}""")]
    [InlineData("""{"dnat": {"family": "ip", "addr": {"map": {"key": {"payload": {"protocol": "tcp", "field": "dport"}}, "data": "@m"}}}}""", "dnat ip to tcp dport map @m")]
    [InlineData("null", "null")]
    [InlineData("17", "17")]
    public void A_statement_that_is_not_understood_is_kept(string statement, string words) =>
        Assert.Equal(words, Assert.IsType<UnknownTarget>(Only(IpFamily.IPv4, statement).Target).Words);

    [Theory]
    [InlineData("""{"redirect": {"port": 15006}}""", "-j REDIRECT --to-ports 15006")]
    [InlineData("""{"redirect": null}""", "-j REDIRECT")]
    [InlineData("""{"dnat": {"family": "ip", "addr": {"range": ["10.0.0.1", "10.0.0.5"]}, "port": {"range": [80, 90]}, "flags": ["random", "persistent"]}}""", "-j DNAT --to-destination 10.0.0.1-10.0.0.5:80-90 --random --persistent")]
    [InlineData("""{"snat": {"family": "ip", "addr": "169.254.7.127"}}""", "-j SNAT --to-source 169.254.7.127")]
    [InlineData("""{"masquerade": {"flags": "fully-random"}}""", "-j MASQUERADE --random-fully")]
    [InlineData("""{"reject": {"type": "tcp reset"}}""", "-j REJECT --reject-with tcp-reset")]
    [InlineData("""{"reject": {"type": "icmpx", "expr": "port-unreachable"}}""", "-j REJECT --reject-with icmp-port-unreachable")]
    [InlineData("""{"notrack": null}""", "-j NOTRACK")]
    [InlineData("""{"mangle": {"key": {"ct": {"key": "zone"}}, "value": 1}}""", "-j CT --zone 1")]
    [InlineData("""{"mangle": {"key": {"meta": {"key": "mark"}}, "value": 1337}}""", "-j MARK --set-xmark 0x539/0xffffffff")]
    [InlineData("""{"mangle": {"key": {"meta": {"key": "mark"}}, "value": {"|": [{"&": [{"meta": {"key": "mark"}}, 511]}, 256]}}}""", "-j MARK --set-xmark 0x100/0xffffff00")]
    [InlineData("""{"mangle": {"key": {"ct": {"key": "mark"}}, "value": {"|": [{"&": [{"ct": {"key": "mark"}}, 4294963200]}, 273]}}}""", "-j CONNMARK --set-xmark 0x111/0xfff")]
    [InlineData("""{"mangle": {"key": {"ct": {"key": "mark"}}, "value": {"meta": {"key": "mark"}}}}""", "-j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff")]
    public void A_statement_that_iptables_has_is_that_target(string statement, string expected) =>
        Assert.Equal(expected, Only(IpFamily.IPv4, statement).Target!.ToString());

    [Fact]
    public void Statements_of_one_rule_are_steps_of_one_target()
    {
        Rule rule = Only(
            IpFamily.IPv4,
            Match(Payload("tcp", "dport"), "80"),
            """{"tproxy": {"family": "ip", "port": 15006}}""",
            """{"mangle": {"key": {"meta": {"key": "mark"}}, "value": 1337}}""",
            """{"counter": {"packets": 3, "bytes": 180}}""",
            Accept);

        Assert.Equal([typeof(TproxyTarget), typeof(MarkTarget), typeof(AcceptTarget)], Assert.IsType<SequenceTarget>(rule.Target).Targets.Select(t => t.GetType()));
        Assert.Equal(new RuleCounters(3, 180), rule.Counters);
        Assert.Equal("add rule inet t in tcp dport 80 tproxy ip to :15006 meta mark set 1337 counter accept", rule.ToString());
    }

    [Fact]
    public void A_condition_after_a_change_is_not_guessed()
    {
        Rule rule = Only(IpFamily.IPv4, """{"mangle": {"key": {"meta": {"key": "mark"}}, "value": 1}}""", Match(Meta("mark"), "1"), Drop);

        Assert.Equal([typeof(MarkTarget), typeof(UnknownTarget)], Assert.IsType<SequenceTarget>(rule.Target).Targets.Select(t => t.GetType()));
        Assert.False(rule.IsUnderstood);
    }
}
