using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Parsing;
using IstioAdmin.Iptables.Parsing.Nftables;
using IstioAdmin.Iptables.Proof;
using IstioAdmin.Iptables.Tracing;
using IstioAdmin.Testing;

namespace IstioAdmin.Kernel.Tests.Nftables;

/// <summary>
/// Rules of the shape that Istio writes in its native nftables mode (istio/istio, tools/istio-nftables/pkg/capture/run.go and
/// cni/pkg/nftables/nftables.go), taken by the kernel and listed by nft.
/// </summary>
public sealed class NativeIstioTests
{
    private const string Sidecar = """
        table inet istio-proxy-nat {
          chain prerouting { type nat hook prerouting priority -100;
            meta l4proto tcp counter jump istio-inbound
          }
          chain output { type nat hook output priority -100;
            counter jump istio-output
          }
          chain istio-redirect { meta l4proto tcp counter redirect to :15001
          }
          chain istio-in-redirect { meta l4proto tcp counter redirect to :15006
          }
          chain istio-inbound {
            tcp dport 15008 counter return
            tcp dport { 15020, 15021, 15090 } counter return
            meta l4proto tcp counter jump istio-in-redirect
          }
          chain istio-output {
            oifname "lo" ip saddr 127.0.0.6 counter return
            oifname "lo" ip6 saddr ::6 counter return
            oifname "lo" meta l4proto tcp ip daddr != 127.0.0.1 tcp dport != { 53, 15008 } meta skuid 1337 counter jump istio-in-redirect
            oifname "lo" meta l4proto tcp ip6 daddr != ::1 tcp dport != { 53, 15008 } meta skuid 1337 counter jump istio-in-redirect
            oifname "lo" meta l4proto tcp tcp dport != 53 meta skuid != 1337 counter return
            meta skuid 1337 counter return
            oifname "lo" meta l4proto tcp ip daddr != 127.0.0.1 tcp dport != 15008 meta skgid 1337 counter jump istio-in-redirect
            oifname "lo" meta l4proto tcp ip6 daddr != ::1 tcp dport != 15008 meta skgid 1337 counter jump istio-in-redirect
            oifname "lo" meta l4proto tcp tcp dport != 53 meta skgid != 1337 counter return
            meta skgid 1337 counter return
            ip daddr 127.0.0.1 counter return
            ip6 daddr ::1 counter return
            counter jump istio-redirect
          }
        }
        table inet istio-proxy-mangle {
          chain prerouting { type filter hook prerouting priority -150;
            meta l4proto tcp ct state invalid counter jump istio-drop
          }
          chain istio-drop { counter drop
          }
        }
        table inet istio-proxy-raw {
          chain prerouting { type filter hook prerouting priority -300;
            counter jump istio-inbound
          }
          chain output { type filter hook output priority -300;
            counter jump istio-output-dns
          }
          chain istio-inbound { udp sport 53 ip saddr 127.0.0.53 counter ct zone set 1
          }
          chain istio-output-dns {
            udp dport 53 meta skuid 1337 counter ct zone set 1
            udp sport 15053 meta skgid 1337 counter ct zone set 2
          }
        }
        """;

    private const string Tproxy = """
        table inet istio-proxy-mangle {
          chain prerouting { type filter hook prerouting priority -150;
            meta l4proto tcp counter jump istio-inbound
            meta l4proto tcp meta mark 1337 counter ct mark set meta mark
          }
          chain output { type route hook output priority -150;
            oifname "lo" meta l4proto tcp meta mark 1337 counter return
            oifname "lo" meta l4proto tcp ip daddr != 127.0.0.1 meta skuid 1337 counter meta mark set 1338
            meta l4proto tcp ct mark 1337 counter meta mark set ct mark
          }
          chain istio-inbound {
            meta l4proto tcp meta mark 1337 counter return
            iifname "lo" meta l4proto tcp ip saddr 127.0.0.6 counter return
            iifname "lo" meta l4proto tcp meta mark != 1338 counter return
            tcp dport 22 counter return
            meta l4proto tcp ct state related,established counter jump istio-divert
            meta l4proto tcp counter jump istio-tproxy
          }
          chain istio-divert {
            counter meta mark set 1337
            counter accept
          }
          chain istio-tproxy {
            meta l4proto tcp ip daddr != 127.0.0.1 tproxy ip to :15006 meta mark set 1337 counter accept
            meta l4proto tcp ip6 daddr != ::1 tproxy ip6 to :15006 meta mark set 1337 counter accept
          }
        }
        """;

    private const string Ambient = """
        table inet istio-ambient-nat {
          chain prerouting { type nat hook prerouting priority -100; jump istio-prerouting
          }
          chain output { type nat hook output priority -100; jump istio-output
          }
          chain istio-prerouting {
            meta l4proto tcp ip saddr 169.254.7.127 counter accept
            ip daddr != 127.0.0.1 tcp dport != 15008 meta mark and 0xfff != 0x539 counter redirect to :15006
          }
          chain istio-output {
            meta l4proto tcp ip daddr 169.254.7.127 counter accept
            oifname != "lo" meta mark and 0xfff != 0x539 udp dport 53 counter redirect to :15053
            meta l4proto tcp meta mark and 0xfff == 0x111 counter accept
            oifname "lo" ip daddr != 127.0.0.1 counter accept
            meta l4proto tcp ip daddr != 127.0.0.1 meta mark and 0xfff != 0x539 counter redirect to :15001
          }
        }
        table inet istio-ambient-mangle {
          chain prerouting { type filter hook prerouting priority -150; jump istio-prerouting
          }
          chain output { type route hook output priority -150; jump istio-output
          }
          chain istio-prerouting { meta mark and 0xfff == 0x539 counter ct mark set ct mark and 0xfffff000 or 0x111
          }
          chain istio-output { ct mark and 0xfff == 0x111 counter meta mark set ct mark
          }
        }
        """;

    private static ParseResult List(string rules)
    {
        ParseResult result = NftablesJson.Parse(Netns.Run("nft -f -; nft -j list ruleset", rules));
        Assert.Empty(result.Errors);
        Assert.All(result.Rulesets.SelectMany(r => r.Tables).SelectMany(t => t.Chains).SelectMany(c => c.Rules), rule => Assert.True(rule.IsUnderstood, rule.ToString()));
        return result;
    }

    private static Ruleset Of(ParseResult result, IpFamily family) => Assert.Single(result.Rulesets, ruleset => ruleset.Family == family);

    private static Dictionary<string, PacketSet> Prove(Ruleset ruleset, string? enters, Func<PacketSpace, PacketSet> packets, out PacketSpace space)
    {
        var prover = new RulesetProver(ruleset, TracedPod.Host);
        space = prover.Space;
        return prover.Prove(new PacketQuery { InInterface = enters, Packets = packets }).ToDictionary(o => $"{o.Outcome.Kind} {o.Outcome.By}".TrimEnd(), o => o.Packets);
    }

    private static PacketSet Tcp(PacketSpace space) => space.Where(PacketField.Protocol, 6, 6);

    private static Func<PacketSpace, PacketSet> TcpTo(string address, IpFamily family)
    {
        UInt128 to = TracedPod.Address(address, family);
        return space => Tcp(space).And(space.Where(PacketField.Destination, to, to));
    }

    /// <summary>The same from where packets can come.</summary>
    private static Func<PacketSpace, PacketSet> TcpFromOthersTo(string address, IpFamily family) =>
        space => TcpTo(address, family)(space).Except(space.Where(PacketField.Source, Martians.Sources(family, TracedPod.Host)));

    [Theory]
    [InlineData(IpFamily.IPv4, "10.244.7.5")]
    [InlineData(IpFamily.IPv6, "fd00::5")]
    public async Task All_inbound_tcp_but_the_proxys_own_ports_goes_to_15006(IpFamily family, string pod)
    {
        await Testbed.RequireKernelAsync();
        Dictionary<string, PacketSet> outcomes = Prove(Of(List(Sidecar), family), "eth0", TcpFromOthersTo(pod, family), out PacketSpace space);

        Assert.Equal(["Delivered", "Redirected add rule inet istio-proxy-nat istio-in-redirect meta l4proto tcp counter redirect to :15006"], outcomes.Keys.Order());
        PacketSet own = space.Where(PacketField.DestinationPort, [new(15008, 15008), new(15020, 15021), new(15090, 15090)]);
        Assert.Equal(TcpFromOthersTo(pod, family)(space).And(own), outcomes["Delivered"]);
    }

    [Theory]
    [InlineData(IpFamily.IPv4, "8.8.8.8")]
    [InlineData(IpFamily.IPv6, "2001:db8::1")]
    public async Task Outbound_tcp_goes_to_15001_unless_it_is_the_proxys(IpFamily family, string world)
    {
        await Testbed.RequireKernelAsync();
        Dictionary<string, PacketSet> outcomes = Prove(Of(List(Sidecar), family), null, TcpTo(world, family), out PacketSpace space);

        Assert.Equal(["Redirected add rule inet istio-proxy-nat istio-redirect meta l4proto tcp counter redirect to :15001", "Sent"], outcomes.Keys.Order());
        PacketSet proxy = space.Where(PacketField.User, 1337, 1337).Or(space.Where(PacketField.Group, 1337, 1337));
        Assert.Equal(TcpTo(world, family)(space).And(proxy), outcomes["Sent"]);
    }

    [Theory]
    [InlineData(IpFamily.IPv4, "127.0.0.1")]
    [InlineData(IpFamily.IPv6, "::1")]
    public async Task What_the_proxy_sends_to_localhost_is_not_caught_again(IpFamily family, string localhost)
    {
        await Testbed.RequireKernelAsync();
        Dictionary<string, PacketSet> outcomes = Prove(
            Of(List(Sidecar), family), null, space => TcpTo(localhost, family)(space).And(space.Where(PacketField.User, 1337, 1337)), out _);

        Assert.Equal(["Delivered"], outcomes.Keys);
    }

    [Theory]
    [InlineData(IpFamily.IPv4, "10.244.7.5")]
    [InlineData(IpFamily.IPv6, "fd00::5")]
    public async Task Tproxy_takes_all_inbound_tcp_but_the_excluded_port(IpFamily family, string pod)
    {
        await Testbed.RequireKernelAsync();
        Dictionary<string, PacketSet> outcomes = Prove(Of(List(Tproxy), family), "eth0", TcpFromOthersTo(pod, family), out PacketSpace space);

        Assert.Equal(TcpFromOthersTo(pod, family)(space).And(space.Where(PacketField.DestinationPort, 22, 22)), outcomes["Delivered"]);
        string header = family == IpFamily.IPv4 ? "ip" : "ip6";
        Assert.Contains($"tproxy {header} to :15006 meta mark set 1337", Assert.Single(outcomes.Keys, key => key != "Delivered"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 15006, 15001)]
    [InlineData(0x539, 80, null)]
    public async Task Ambient_rules_go_by_the_mark(uint mark, int inbound, int? outbound)
    {
        await Testbed.RequireKernelAsync();
        var tracer = new PacketTracer(Of(List(Ambient), IpFamily.IPv4), TracedPod.Host);
        var packet = new Packet
        {
            Source = TracedPod.Address("10.244.7.9", IpFamily.IPv4),
            Destination = TracedPod.Address("10.244.7.5", IpFamily.IPv4),
            DestinationPort = 80,
            InInterface = "eth0",
            Mark = mark,
        };

        Assert.Equal(inbound, Assert.IsType<TraceOutcome.Delivered>(tracer.Inbound(packet)).Port);
        TraceOutcome sent = tracer.Outbound(packet with { Destination = TracedPod.Address("8.8.8.8", IpFamily.IPv4), InInterface = "", Owner = new PacketOwner(1000, 1000) });
        Assert.Equal(outbound, sent is TraceOutcome.Delivered delivered ? delivered.Port : null);
    }
}
