using static IstioAdmin.Cluster.Tests.Redirection.PodShapes;
using static IstioAdmin.Cluster.Tests.Redirection.Sent;
using static IstioAdmin.Core.Redirection.Verdicts.RedirectionVerdict;

namespace IstioAdmin.Cluster.Tests.Redirection;

/// <summary>The table of breakages. What a newcomer finds in the field goes in as one more row.</summary>
internal static class Breakages
{
    private const string InboundJump = "-A PREROUTING -p tcp -j ISTIO_INBOUND";
    private const string OutboundJump = "-A OUTPUT -j ISTIO_OUTPUT";

    private static readonly PodScript Written = PodScript.Of(Broken.Settings!);
    private static readonly PodScript WrittenFirst = PodScript.Of(BrokenFirstGeneration.Settings!);
    private static readonly PodScript WrittenTproxy = PodScript.Of(BrokenTproxy.Settings!);
    private static readonly PodScript WrittenDns = PodScript.Of(BrokenDns.Settings!);

    // What still holds where a breakage is about something else.
    private static readonly Sent[] InboundHolds = [In(9080, "proxy 15006"), In6(9080, "proxy 15006")];
    private static readonly Sent[] OutboundHolds = [Out(World, 80, "proxy 15001"), Out(World6, 80, "proxy 15001"), OfProxy(World, 80, "outside 80")];
    private static readonly Sent[] InboundOpen = [In(9080, "app 9080"), In6(9080, "app 9080"), In(3306, "app 3306")];
    private static readonly Sent[] OutboundOpen = [Out(World, 80, "outside 80"), Out(World6, 80, "outside 80")];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Breakage> All { get; } =
    [
        // Rules that are gone.
        new("rules flushed", Broken, NotRedirected, PodScript.None, [.. InboundOpen, .. OutboundOpen]) { Finding = "NoRules" },
        new("jump to the inbound chain missing", Broken, Partial, Written.Without(InboundJump), [.. InboundOpen, .. OutboundHolds]),
        new("jump to the outbound chain missing", Broken, Partial, Written.Without(OutboundJump), [.. InboundHolds, .. OutboundOpen]),
        new("both jumps missing", Broken, NotRedirected, Written.Without(InboundJump).Without(OutboundJump), [.. InboundOpen, .. OutboundOpen]),
        new("redirecting chain empty", Broken, Partial, Written.Without("-A ISTIO_IN_REDIRECT -p tcp -j REDIRECT --to-ports 15006"), [.. InboundOpen, .. OutboundHolds]),
        new("last rule of the outbound chain missing", Broken, Partial, Written.Without("-A ISTIO_OUTPUT -j ISTIO_REDIRECT"), [.. InboundHolds, .. OutboundOpen]),

        // Rules that lead elsewhere.
        new("wrong inbound port", Broken, Partial, Written.Replace("--to-ports 15006", "--to-ports 15007"), [In(9080, "refused"), In6(9080, "refused"), .. OutboundHolds]),
        new("wrong outbound port", Broken, Partial, Written.Replace("--to-ports 15001", "--to-ports 15002"), [.. InboundHolds, Out(World, 80, "refused")]),
        new("inbound sent to the outbound port", Broken, Partial, Written.Replace("--to-ports 15006", "--to-ports 15001"), In(9080, "proxy 15001"), In6(9080, "proxy 15001")),
        new("somebody else's DNAT of an outbound port", Broken, Partial,
            Written.OnlyIPv4(rules => rules.First("-A OUTPUT -d 192.0.2.0/24 -p tcp -m tcp --dport 80 -j DNAT --to-destination 203.0.113.9:8080")),
            Out(World, 80, "outside 8080"), Out("198.51.100.1", 80, "proxy 15001"), Out(World6, 80, "proxy 15001")),
        new("somebody else's redirection of an inbound port", Broken, Partial, Written.First("-A PREROUTING -p tcp -m tcp --dport 8080 -j REDIRECT --to-ports 9080"),
            In(8080, "app 9080"), In6(8080, "app 9080"), In(9080, "proxy 15006")),

        // Holes of every kind of match.
        new("RETURN for an inbound port", Broken, Partial, Written.First("-A ISTIO_INBOUND -p tcp -m tcp --dport 3306 -j RETURN"), [In(3306, "app 3306"), .. InboundHolds]),
        new("ACCEPT before the inbound jump", Broken, Partial, Written.First("-A PREROUTING -p tcp -m tcp --dport 9080 -j ACCEPT"),
            In(9080, "app 9080"), In6(9080, "app 9080"), In(3306, "proxy 15006")),
        new("ACCEPT before the outbound jump", Broken, Partial, Written.First("-A OUTPUT -p tcp -m tcp --dport 443 -j ACCEPT"),
            Out(World, 443, "outside 443"), Out(World6, 443, "outside 443"), Out(World, 80, "proxy 15001")),
        new("RETURN for an interface", Broken, Partial, Written.First("-A PREROUTING -i eth0 -j RETURN"), [.. InboundOpen, .. OutboundHolds]),
        new("RETURN for interfaces by their prefix", Broken, Partial, Written.First("-A PREROUTING -i eth+ -j RETURN"), [.. InboundOpen, .. OutboundHolds]),
        new("RETURN for one source", Broken, Partial, Written.OnlyIPv4(rules => rules.First("-A PREROUTING -s 203.0.113.7/32 -j RETURN")),
            [In(9080, "app 9080", from: "203.0.113.7"), In(9080, "proxy 15006", from: "203.0.113.8"), .. OutboundHolds]),
        new("RETURN for all sources but some", Broken, Partial, Written.OnlyIPv6(rules => rules.First("-A PREROUTING ! -s 2001:db8:aa::/48 -j RETURN")),
            In6(9080, "app 9080"), In6(9080, "proxy 15006", from: "2001:db8:aa::1"), In(9080, "proxy 15006")),
        new("RETURN for a range of source ports", Broken, Partial, Written.First("-A ISTIO_INBOUND -p tcp -m tcp --sport 4000:4999 -j RETURN"),
            [In(9080, "app 9080", sourcePort: 4321), In(9080, "proxy 15006", sourcePort: 5000)]),
        new("RETURN for one destination", Broken, Partial, Written.OnlyIPv4(rules => rules.First("-A ISTIO_OUTPUT -d 198.51.100.0/24 -j RETURN")),
            [Out("198.51.100.9", 80, "outside 80"), .. InboundHolds, .. OutboundHolds]),
        new("RETURN for a user", Broken, Partial, Written.First("-A ISTIO_OUTPUT -m owner --uid-owner 2000 -j RETURN"),
            [Out(World, 80, "outside 80", user: 2000), Out(World6, 80, "outside 80", user: 2000), .. OutboundHolds]),
        new("RETURN for a range of groups", Broken, Partial, Written.First("-A ISTIO_OUTPUT -m owner --gid-owner 3000-3999 -j RETURN"),
            [Out(World, 80, "outside 80", group: 3456), .. OutboundHolds]),
        new("RETURN for several ports at once", Broken, Partial, Written.First("-A ISTIO_INBOUND -p tcp -m multiport --dports 80,443,9000:9100 -j RETURN"),
            In(80, "app 80"), In6(443, "app 443"), In(9080, "app 9080"), In(8080, "proxy 15006")),
        new("capture of all ports but one", Broken, Partial, Written.Replace("-A ISTIO_INBOUND -p tcp -j ISTIO_IN_REDIRECT", "-A ISTIO_INBOUND -p tcp -m tcp ! --dport 8080 -j ISTIO_IN_REDIRECT"),
            In(8080, "app 8080"), In6(8080, "app 8080"), In(9080, "proxy 15006")),
        new("RETURN for new connections", Broken, Partial, Written.First("-A ISTIO_OUTPUT -m conntrack --ctstate NEW -j RETURN"), [.. InboundHolds, .. OutboundOpen]),
        new("RETURN by a mark that another table sets", Broken, Partial,
            Written.First("mangle", "-A PREROUTING -p tcp -m tcp --dport 3306 -j MARK --set-xmark 0x7/0xffffffff").First("-A PREROUTING -m mark --mark 0x7 -j RETURN"),
            [In(3306, "app 3306"), In6(3306, "app 3306"), .. InboundHolds]),
        new("RETURN by a bit of a connection's mark", Broken, Partial,
            Written.First("mangle", "-A OUTPUT -p tcp -m tcp --dport 443 -j CONNMARK --set-xmark 0x10/0x10").First("-A ISTIO_OUTPUT -m connmark --mark 0x10/0x10 -j RETURN"),
            [Out(World, 443, "outside 443"), Out(World6, 443, "outside 443"), .. OutboundHolds]),
        new("connections that are not tracked", Broken, Partial, Written.First("raw", "-A PREROUTING -p tcp -m tcp --dport 9080 -j CT --notrack").First("raw", "-A OUTPUT -p tcp -m tcp --sport 9080 ! --tcp-flags FIN,SYN,RST,ACK SYN -j CT --notrack"),
            In(9080, "app 9080"), In6(9080, "app 9080"), In(8080, "proxy 15006")),
        new("RETURN by a match that is not understood", Broken, Unverified, Written.First("-A PREROUTING -p tcp -m length --length 0:100 -j RETURN"), [.. InboundOpen, .. OutboundHolds]),

        // One family only.
        new("IPv6 left open", Broken, Partial, Written with { IPv6 = "" }, In(9080, "proxy 15006"), In6(9080, "app 9080"), Out(World, 80, "proxy 15001"), Out(World6, 80, "outside 80")),
        new("IPv4 left open", Broken, Partial, Written with { IPv4 = "" }, In(9080, "app 9080"), In6(9080, "proxy 15006"), Out(World, 80, "outside 80"), Out(World6, 80, "proxy 15001")),

        // Blackholes.
        new("captured packets dropped", Broken, Partial, Written.First("filter", "-A INPUT -p tcp -m tcp --dport 15006 -j DROP"), [In(9080, "timeout"), In6(9080, "timeout"), .. OutboundHolds]),
        new("captured packets rejected", Broken, Partial, Written.First("filter", "-A OUTPUT -p tcp -m tcp --dport 15001 -j REJECT --reject-with tcp-reset"),
            [.. InboundHolds, Out(World, 80, "refused"), Out(World6, 80, "refused")]),

        // The proxy's own packets.
        new("order swapped: capture before the proxy's RETURN", Broken, Looping, Written.MoveFirst("-A ISTIO_OUTPUT -j ISTIO_REDIRECT"),
            [.. InboundHolds, Out(World, 80, "proxy 15001"), OfProxy(World, 80, "proxy 15001"), OfProxy(World6, 80, "proxy 15001")]),
        new("order swapped: capture before the excluded ports", Broken, Redirected, Written.MoveFirst("-A ISTIO_INBOUND -p tcp -j ISTIO_IN_REDIRECT"),
            [In(15090, "proxy 15006"), .. InboundHolds, .. OutboundHolds]) { Finding = "LeftIsCaptured" },
        new("RETURN for the proxy's user missing", Broken, Looping, Written.Without("-A ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN"),
            [.. InboundHolds, Out(World, 80, "proxy 15001", user: 1337, group: 0)]),
        new("RETURN for the proxy missing", Broken, Looping, Written.Without(rule => rule.StartsWith("-A ISTIO_OUTPUT -m owner", StringComparison.Ordinal)),
            [.. InboundHolds, OfProxy(World, 80, "proxy 15001"), OfProxy(World6, 80, "proxy 15001")]),
        new("group instead of user", Broken, Partial, Written.Replace("--uid-owner", "--gid-owner"),
            [.. InboundHolds, .. OutboundHolds, Out(World, 80, "proxy 15001", user: 1337, group: 0), Out("pod", 9080, "app 9080", user: 1337, group: 0)]) { Finding = "ProxyLoops" },
        new("another user than the proxy's", Broken, Partial, Written.Replace("-owner 1337", "-owner 1338"),
            Out(World, 80, "outside 80", user: 1338), Out(World, 80, "proxy 15001"), OfProxy(World, 80, "proxy 15001")),
        new("rule for the proxy's own source address missing", Broken, Looping, Written.Without(rule => rule.Contains("127.0.0.6", StringComparison.Ordinal) || rule.Contains("::6", StringComparison.Ordinal)),
            [.. InboundHolds, .. OutboundHolds, OfProxy("pod", 9080, "proxy 15006", from: "127.0.0.6"), OfProxy("pod6", 9080, "proxy 15006", from: "::6")]),

        // TPROXY.
        new("TPROXY to a port where nobody listens", BrokenTproxy, Partial, WrittenTproxy.Replace("--on-port 15006", "--on-port 15007"), In(9080, "timeout"), In6(9080, "timeout"), Out(World, 80, "proxy 15001")),
        new("TPROXY without a mark", BrokenTproxy, Redirected, WrittenTproxy.Replace("--tproxy-mark 0x539/0xffffffff", "--tproxy-mark 0x0/0x0"), [.. InboundHolds, Out(World, 80, "proxy 15001")]),
        new("TPROXY not for one port", BrokenTproxy, Partial, WrittenTproxy.First("mangle", "-A ISTIO_INBOUND -p tcp -m tcp --dport 3306 -j RETURN"), [In(3306, "app 3306"), In6(3306, "app 3306"), .. InboundHolds]),
        new("TPROXY's jump missing", BrokenTproxy, Partial, WrittenTproxy.Without(InboundJump), [.. InboundOpen, Out(World, 80, "proxy 15001")]),
        new("TPROXY's packets accepted before", BrokenTproxy, Partial, WrittenTproxy.First("mangle", "-A PREROUTING -i eth0 -p tcp -m tcp --dport 9080 -j ACCEPT"), In(9080, "app 9080"), In(8080, "proxy 15006")),

        // DNS.
        new("DNS capture missing", BrokenDns, Partial, WrittenDns.Without(rule => rule.Contains("-j REDIRECT --to-ports 15053", StringComparison.Ordinal)),
            [.. InboundHolds, Datagram(World, 53, "outside 9"), Datagram(World6, 53, "outside 9"), Out(World, 53, "proxy 15001")]),
        new("DNS capture over TCP only", BrokenDns, Partial, WrittenDns.Without("-A ISTIO_OUTPUT_DNS -p udp -m udp --dport 53 -j REDIRECT --to-ports 15053"),
            [Datagram(World, 53, "outside 9"), Out(World, 53, "proxy 15053"), .. OutboundHolds]),
        new("DNS to one server not captured", BrokenDns, Partial, WrittenDns.OnlyIPv4(rules => rules.First("-A ISTIO_OUTPUT_DNS -d 203.0.113.53/32 -p udp -j RETURN")),
            Datagram("203.0.113.53", 53, "outside 9"), Datagram(World, 53, "proxy 15053")),

        // The first generation.
        new("declared port missing", BrokenFirstGeneration, Partial, WrittenFirst.Without("-A ISTIO_INBOUND -p tcp -m tcp --dport 9090 -j ISTIO_IN_REDIRECT"),
            In(9090, "app 9090"), In(9080, "proxy 15001"), Out(World, 80, "proxy 15001")),
        new("the first generation's rules flushed", BrokenFirstGeneration, NotRedirected, PodScript.None, In(9080, "app 9080"), In(9090, "app 9090"), Out(World, 80, "outside 80")),

        // Back ends.
        new("legacy tables only", Legacy, Redirected, Written with { Legacy = true }, [.. InboundHolds, .. OutboundHolds]),
        new("the same rules in both back ends", Legacy, Redirected, Written.Then(LegacyRestore(Written)), [.. InboundHolds, .. OutboundHolds]) { Finding = "SeveralBackends" },
        new("legacy tables, one family open", Legacy, Partial, (Written with { IPv6 = "" }) with { Legacy = true }, In(9080, "proxy 15006"), In6(9080, "app 9080")),
        new("a legacy rule beside healthy nft rules", Legacy, Partial,
            Written.Then("iptables-legacy -w 60 -t raw -I PREROUTING -p tcp --dport 3306 -j CT --notrack").Then("iptables-legacy -w 60 -t raw -I OUTPUT -p tcp --sport 3306 ! --syn -j CT --notrack"),
            In(3306, "app 3306"), In(9080, "proxy 15006")),
        new("an nft rule beside healthy legacy rules", Legacy, Partial,
            (Written with { Legacy = true }).Then("iptables-nft -t raw -I OUTPUT -p tcp --dport 443 -j CT --notrack").Then("iptables-nft -t raw -I PREROUTING -p tcp --sport 443 ! --syn -j CT --notrack"),
            Out(World, 443, "outside 443"), Out(World, 80, "proxy 15001")),
        new("native nftables", Broken, Redirected, PodScript.None.Then(NativeRules.Load()), [.. Broken.Traffic]),
        new("native nftables with a hole", Broken, Partial, PodScript.None.Then(NativeRules.Load(inbound: "tcp dport { 8080, 9080 } accept")), [In(9080, "app 9080"), In6(8080, "app 8080"), In(3306, "proxy 15006"), .. OutboundHolds]),
        new("native nftables without the outbound jump", Broken, Partial, PodScript.None.Then(NativeRules.Load(withoutOutput: true)), [.. InboundHolds, .. OutboundOpen]),
        new("a native table beside healthy iptables rules", Broken, Partial,
            Written.Then("""
                nft -f - <<'EOF'
                table inet other {
                  chain early { type filter hook prerouting priority -310; tcp dport 3306 notrack
                  }
                  chain late { type filter hook output priority -310; tcp sport 3306 tcp flags & (fin | syn | rst | ack) != syn notrack
                  }
                }
                EOF
                """),
            [In(3306, "app 3306"), In6(3306, "app 3306"), .. InboundHolds]),

        // Settings.
        new("an annotation that swallows the declared port", Swallowed, Redirected, null, [.. Swallowed.Traffic]) { Finding = "LeftByDesign" },
        new("annotations that leave nothing", NothingLeft, NotExpected, null, [.. NothingLeft.Traffic]) { Finding = "NothingCaptured" },
        new("no inbound port given to istio-init", NoInboundPorts, Redirected, null, [.. NoInboundPorts.Traffic]) { Finding = "NoInboundPorts" },
        new("an application that runs as the proxy", AppAsProxy, Partial, null, [.. AppAsProxy.Traffic]) { Finding = "ApplicationRunsAsProxy" },
        new("a sidecar in a pod that injection was told to leave alone", InjectFalse, NotExpected, null, [.. InjectFalse.Traffic]) { Finding = "SidecarWithoutRedirection" },
    ];

    /// <summary>Commands that put the rules of a script into the legacy tables as well.</summary>
    private static string LegacyRestore(PodScript script) =>
        $"iptables-legacy-restore -w 60 <<'EOF'\n{script.IPv4}EOF\nip6tables-legacy-restore -w 60 <<'EOF'\n{script.IPv6}EOF";
}
