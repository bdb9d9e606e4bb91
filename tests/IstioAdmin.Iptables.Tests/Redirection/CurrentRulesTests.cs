using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Redirection;

namespace IstioAdmin.Iptables.Tests.Redirection;

public sealed class CurrentRulesTests
{
    [Fact]
    public void An_injected_pod_gets_one_table() =>
        Assert.Equal(
            """
            *nat
            :PREROUTING ACCEPT [0:0]
            :INPUT ACCEPT [0:0]
            :OUTPUT ACCEPT [0:0]
            :POSTROUTING ACCEPT [0:0]
            :ISTIO_INBOUND - [0:0]
            :ISTIO_IN_REDIRECT - [0:0]
            :ISTIO_OUTPUT - [0:0]
            :ISTIO_REDIRECT - [0:0]
            -A PREROUTING -p tcp -j ISTIO_INBOUND
            -A OUTPUT -j ISTIO_OUTPUT
            -A ISTIO_INBOUND -p tcp -m tcp --dport 15008 -j RETURN
            -A ISTIO_INBOUND -p tcp -m tcp --dport 15090 -j RETURN
            -A ISTIO_INBOUND -p tcp -m tcp --dport 15021 -j RETURN
            -A ISTIO_INBOUND -p tcp -m tcp --dport 15020 -j RETURN
            -A ISTIO_INBOUND -p tcp -j ISTIO_IN_REDIRECT
            -A ISTIO_IN_REDIRECT -p tcp -j REDIRECT --to-ports 15006
            -A ISTIO_OUTPUT -s 127.0.0.6/32 -o lo -j RETURN
            -A ISTIO_OUTPUT ! -d 127.0.0.1/32 -o lo -p tcp -m tcp ! --dport 15008 -m owner --uid-owner 1337 -j ISTIO_IN_REDIRECT
            -A ISTIO_OUTPUT -o lo -m owner ! --uid-owner 1337 -j RETURN
            -A ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN
            -A ISTIO_OUTPUT ! -d 127.0.0.1/32 -o lo -p tcp -m tcp ! --dport 15008 -m owner --gid-owner 1337 -j ISTIO_IN_REDIRECT
            -A ISTIO_OUTPUT -o lo -m owner ! --gid-owner 1337 -j RETURN
            -A ISTIO_OUTPUT -m owner --gid-owner 1337 -j RETURN
            -A ISTIO_OUTPUT -d 127.0.0.1/32 -j RETURN
            -A ISTIO_OUTPUT -j ISTIO_REDIRECT
            -A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001
            COMMIT

            """,
            Written.Text(Written.Today));

    [Fact]
    public void IPv6_gets_the_same_with_its_own_addresses_and_nothing_where_it_is_off()
    {
        Assert.Empty(PodRedirectionRules.Write(Written.Today, IpFamily.IPv6).Tables);
        Assert.Equal(
            Written.Text(Written.Today).Replace("127.0.0.6/32", "::6/128", StringComparison.Ordinal).Replace("127.0.0.1/32", "::1/128", StringComparison.Ordinal),
            Written.Text(Written.Today with { IPv6 = true }, IpFamily.IPv6));
    }

    [Fact]
    public void The_program_alone_redirects_nothing() =>
        Assert.DoesNotContain(
            Written.Rules(UpstreamDefaults.Program(RedirectionGeneration.Current), "nat"),
            rule => rule.EndsWith("-j ISTIO_REDIRECT", StringComparison.Ordinal) || rule.StartsWith("PREROUTING", StringComparison.Ordinal));

    [Fact]
    public void Tproxy_works_in_mangle_and_keeps_books_of_marks()
    {
        PodRedirectionSettings settings = Written.Today with { Mode = InterceptionMode.Tproxy, ExcludedInboundPorts = ["15021"], ExcludedInterfaces = ["net1"] };

        Assert.Equal(
            [
                "PREROUTING -i net1 -j RETURN",
                "PREROUTING -p tcp -j ISTIO_INBOUND",
                "PREROUTING -p tcp -m mark --mark 0x539 -j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff",
                "OUTPUT -o net1 -j RETURN",
                "OUTPUT -o lo -p tcp -m mark --mark 0x539 -j RETURN",
                "OUTPUT ! -d 127.0.0.1/32 -o lo -p tcp -m owner --uid-owner 1337 -j MARK --set-xmark 0x53a/0xffffffff",
                "OUTPUT ! -d 127.0.0.1/32 -o lo -p tcp -m owner --gid-owner 1337 -j MARK --set-xmark 0x53a/0xffffffff",
                "OUTPUT -p tcp -m connmark --mark 0x539 -j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff",
                "ISTIO_DIVERT -j MARK --set-xmark 0x539/0xffffffff",
                "ISTIO_DIVERT -j ACCEPT",
                "ISTIO_INBOUND -p tcp -m mark --mark 0x539 -j RETURN",
                "ISTIO_INBOUND -s 127.0.0.6/32 -i lo -p tcp -j RETURN",
                "ISTIO_INBOUND -i lo -p tcp -m mark ! --mark 0x53a -j RETURN",
                "ISTIO_INBOUND -p tcp -m tcp --dport 15021 -j RETURN",
                "ISTIO_INBOUND -p tcp -m conntrack --ctstate RELATED,ESTABLISHED -j ISTIO_DIVERT",
                "ISTIO_INBOUND -p tcp -j ISTIO_TPROXY",
                "ISTIO_TPROXY ! -d 127.0.0.1/32 -p tcp -j TPROXY --on-port 15006 --on-ip 0.0.0.0 --tproxy-mark 0x539/0xffffffff",
            ],
            Written.Rules(settings, "mangle"));
        Assert.Equal(["-i net1 -j RETURN"], Written.Rules(settings, "nat", "PREROUTING"));
    }

    [Fact]
    public void Dns_of_named_servers_goes_to_the_agent_and_gets_zones_of_its_own()
    {
        PodRedirectionSettings settings = Written.Today with { RedirectDns = true, DnsServers = ["10.96.0.10"], IPv6 = true };

        Assert.Equal(
            [
                "-d 10.96.0.10/32 -p tcp -m tcp --dport 53 -j REDIRECT --to-ports 15053",
                "-d 10.96.0.10/32 -p udp -m udp --dport 53 -j REDIRECT --to-ports 15053",
            ],
            Written.Rules(settings, "nat", "ISTIO_OUTPUT_DNS"));
        Assert.Equal(
            [
                "PREROUTING -j ISTIO_INBOUND",
                "OUTPUT -j ISTIO_OUTPUT_DNS",
                "ISTIO_INBOUND -s 10.96.0.10/32 -p udp -m udp --sport 53 -j CT --zone 1",
                "ISTIO_OUTPUT_DNS -p udp -m udp --dport 53 -m owner --uid-owner 1337 -j CT --zone 1",
                "ISTIO_OUTPUT_DNS -p udp -m udp --sport 15053 -m owner --uid-owner 1337 -j CT --zone 2",
                "ISTIO_OUTPUT_DNS -p udp -m udp --dport 53 -m owner --gid-owner 1337 -j CT --zone 1",
                "ISTIO_OUTPUT_DNS -p udp -m udp --sport 15053 -m owner --gid-owner 1337 -j CT --zone 2",
                "ISTIO_OUTPUT_DNS -d 10.96.0.10/32 -p udp -m udp --dport 53 -j CT --zone 2",
            ],
            Written.Rules(settings, "raw"));
        // IPv6 has no server to capture: no jump from nat, and in raw the agent's zones only.
        Assert.DoesNotContain("-j ISTIO_OUTPUT_DNS", Written.Rules(settings, "nat", "ISTIO_OUTPUT", IpFamily.IPv6));
        Assert.Equal(5, Written.Rules(settings, "raw", IpFamily.IPv6).Length);
    }

    [Fact]
    public void Dns_capture_without_servers_and_not_of_all_is_none() =>
        Assert.Equal(Written.Text(Written.Today), Written.Text(Written.Today with { RedirectDns = true }));

    [Theory]
    [InlineData("127.0.0.9/32", IpFamily.IPv4)]
    [InlineData("::1/128", IpFamily.IPv4)]
    [InlineData("127.0.0.1/4", IpFamily.IPv6)]
    public void A_loopback_address_among_the_ranges_lets_calls_within_the_pod_be_redirected(string range, IpFamily family)
    {
        const string Within = "-o lo -m owner ! --uid-owner 1337 -j RETURN";
        PodRedirectionSettings settings = Written.Today with { IPv6 = true, OutboundIpRanges = ["10.0.0.0/8"] };

        Assert.Contains(Within, Written.Rules(settings, "nat", "ISTIO_OUTPUT", family));
        Assert.DoesNotContain(Within, Written.Rules(settings with { OutboundIpRanges = ["10.0.0.0/8", range] }, "nat", "ISTIO_OUTPUT", family));
    }

    [Fact]
    public void Included_groups_stand_in_one_rule_and_excluded_ones_in_one_each()
    {
        Assert.Contains("-m owner ! --gid-owner 201 -m owner ! --gid-owner 300-310 -j RETURN", Written.Rules(Written.Today with { OwnerGroups = ["201", "300-310"] }, "nat", "ISTIO_OUTPUT"));
        Assert.Contains("-m owner --gid-owner 202 -j RETURN", Written.Rules(Written.Today with { ExcludedOwnerGroups = ["201,202"] }, "nat", "ISTIO_OUTPUT"));
    }

    [Fact]
    public void What_holds_for_every_packet_is_not_printed() =>
        Assert.Equal(
            ["-p tcp -m tcp -j RETURN", "-p udp -m udp -j RETURN"],
            Written.Rules(Written.Today with { ExcludedOutboundPorts = ["0:65535"] }, "nat", "ISTIO_OUTPUT")[..2]);
}
