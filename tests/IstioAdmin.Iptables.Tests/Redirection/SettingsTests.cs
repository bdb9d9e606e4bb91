using System.Net;
using CsCheck;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Parsing;
using IstioAdmin.Iptables.Printing;
using IstioAdmin.Iptables.Redirection;

namespace IstioAdmin.Iptables.Tests.Redirection;

public sealed class SettingsTests
{
    private static RedirectionSettingException Refused(PodRedirectionSettings settings) =>
        Assert.Throws<RedirectionSettingException>(() => PodRedirectionRules.Write(settings, IpFamily.IPv4));

    [Theory]
    [InlineData("65536")]
    [InlineData("-1")]
    [InlineData("http")]
    [InlineData("080")]
    [InlineData("8010:8000")]
    [InlineData("8000-8010")]
    [InlineData("80;443")]
    [InlineData("80 -j DROP")]
    public void A_bad_port_is_named_with_the_setting_and_the_way_out(string port)
    {
        RedirectionSettingException refused = Refused(Written.Today with { InboundPorts = ["443", port] });

        Assert.Equal((nameof(PodRedirectionSettings.InboundPorts), port), (refused.Setting, refused.Value));
        Assert.StartsWith($"InboundPorts '{port}' is not a port. Give numbers", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_asterisk_stands_alone()
    {
        Assert.Contains("mixes '*'", Refused(Written.Today with { InboundPorts = ["*,80"] }).Message, StringComparison.Ordinal);
        Assert.Equal("OutboundIpRanges", Refused(Written.Today with { OutboundIpRanges = ["*", "10.0.0.0/8"] }).Setting);
        Assert.Equal("OwnerGroups", Refused(Written.Today with { OwnerGroups = ["5", "*"] }).Setting);
    }

    [Fact]
    public void The_asterisk_is_no_value_of_a_list_that_only_excludes()
    {
        Assert.Contains("cannot stand here", Refused(Written.Today with { ExcludedInboundPorts = ["*"] }).Message, StringComparison.Ordinal);
        Assert.Contains("cannot stand here", Refused(Written.Today with { ExcludedOutboundIpRanges = ["*"] }).Message, StringComparison.Ordinal);
        Assert.Contains("cannot stand here", Refused(Written.Today with { ProxyUsers = ["*"] }).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.0.0.1")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/255.0.0.0")]
    [InlineData("10.0.0/8")]
    [InlineData("fe80::1%eth0/64")]
    [InlineData("fd00::/129")]
    [InlineData("/8")]
    [InlineData("10.0.0.0/")]
    [InlineData("example.org/8")]
    public void A_bad_range_is_refused_today(string range) => Assert.Equal(range, Refused(Written.Today with { OutboundIpRanges = [range] }).Value);

    [Fact]
    public void The_first_generation_takes_what_iptables_takes_but_no_IPv6()
    {
        Assert.Contains("-d 10.0.0.1/32 -j RETURN", Written.Rules(Written.First with { ExcludedOutboundIpRanges = ["10.0.0.1"] }, "nat", "ISTIO_OUTPUT"));
        Assert.Contains("-d 10.0.0.0/8 -j RETURN", Written.Rules(Written.First with { ExcludedOutboundIpRanges = ["10.1.2.3/255.0.0.0"] }, "nat", "ISTIO_OUTPUT"));
        Assert.Contains("no IPv6", Refused(Written.First with { OutboundIpRanges = ["fd00::/8"] }).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("istio-proxy")]
    [InlineData("4294967295")]
    [InlineData("20-10")]
    [InlineData("1000:2000")]
    public void A_bad_id_is_refused(string id)
    {
        Assert.Equal("ProxyUsers", Refused(Written.Today with { ProxyUsers = [id] }).Setting);
        Assert.Equal("ExcludedOwnerGroups", Refused(Written.Today with { ExcludedOwnerGroups = [id] }).Setting);
    }

    [Theory]
    [InlineData("an-interface-too-long")]
    [InlineData("eth0 -j DROP")]
    [InlineData("-j")]
    [InlineData("eth*")]
    [InlineData("a\nCOMMIT")]
    [InlineData("\"x\"")]
    public void A_bad_interface_is_refused(string name) => Assert.Equal(name, Refused(Written.Today with { KubeVirtInterfaces = [name] }).Value);

    [Theory]
    [InlineData("10.0.0.1/8")]
    [InlineData("127.0.0.1/7")]
    [InlineData("127.0.0.1")]
    [InlineData("::1/128")]
    public void What_counts_as_loopback_lies_in_127(string prefix) => Assert.Equal("LoopbackCidr", Refused(Written.Today with { LoopbackCidr = prefix }).Setting);

    [Fact]
    public void A_rule_takes_64_groups()
    {
        string[] groups = [.. Enumerable.Range(1, 65).Select(group => $"{group}")];

        Assert.Contains("names 65 groups", Refused(Written.Today with { OwnerGroups = groups }).Message, StringComparison.Ordinal);
        Assert.NotEmpty(PodRedirectionRules.Write(Written.Today with { OwnerGroups = groups[1..] }, IpFamily.IPv4).Tables);
    }

    [Fact]
    public void A_server_is_an_address() => Assert.Equal("kube-dns", Refused(Written.Today with { RedirectDns = true, DnsServers = ["kube-dns"] }).Value);

    [Fact]
    public void Nothing_listens_on_port_0() => Assert.Equal("ProxyPort", Refused(Written.Today with { ProxyPort = 0 }).Setting);

    [Fact]
    public void The_first_generation_refuses_what_it_does_not_know()
    {
        PodRedirectionSettings[] unknown =
        [
            Written.First with { OutboundPorts = ["80"] },
            Written.First with { ExcludedOutboundPorts = ["80"] },
            Written.First with { ExcludedInterfaces = ["net1"] },
            Written.First with { RedirectDns = true },
            Written.First with { CaptureAllDns = true },
            Written.First with { DnsServers = ["10.96.0.10"] },
            Written.First with { DropInvalid = true },
            Written.First with { OwnerGroups = [] },
            Written.First with { ExcludedOwnerGroups = ["5"] },
            Written.First with { LoopbackCidr = "127.0.0.1/8" },
            Written.First with { InboundTunnelPort = 15009 },
        ];

        Assert.All(unknown, settings => Assert.Contains("choose Generation Current", Refused(settings).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Empty_words_and_commas_within_words_are_upstreams_way() =>
        Assert.Equal(Written.Text(Written.Today with { InboundPorts = ["80", "443"] }), Written.Text(Written.Today with { InboundPorts = ["80,,443,", ""] }));

    [Fact]
    public void Groups_are_the_users_numbers_until_they_are_named() =>
        Assert.Equal(Written.Text(Written.Today with { ProxyUsers = ["5"], ProxyGroups = ["5"] }), Written.Text(Written.Today with { ProxyUsers = ["5"], ProxyGroups = [] }));

    [Fact]
    public void The_plugin_leaves_more_ports_alone_than_the_init_container()
    {
        PodRedirectionSettings plugin = UpstreamDefaults.CniPlugin(RedirectionGeneration.Current);

        Assert.Equal(["15020", "15021", "15090"], plugin.ExcludedInboundPorts);
        Assert.Equal("-p tcp -m tcp --dport 15020 -j RETURN", Written.Rules(plugin, "nat", "ISTIO_OUTPUT")[0]);
        Assert.Equal("-p tcp -m tcp --dport 53 -j REDIRECT --to-ports 15053", Written.Rules(plugin with { RedirectDns = true }, "nat", "ISTIO_OUTPUT_DNS")[0]);
    }

    [Theory]
    [InlineData("10.0.0.1,fd00::1", false, false)]
    [InlineData("fd00::1,10.0.0.1", false, true)]
    [InlineData("127.0.0.1,::1,fe80::1,fd00::1", false, true)]
    [InlineData("10.0.0.1,fe80::1", true, false)]
    [InlineData("10.0.0.1,fd00::1", true, true)]
    [InlineData("::ffff:10.0.0.1", true, false)]
    [InlineData("169.254.1.1,::1", true, false)]
    public void IPv6_follows_the_first_address_or_any_for_dual_stack(string addresses, bool dualStack, bool expected) =>
        Assert.Equal(expected, PodAddresses.UseIPv6(addresses.Split(',').Select(IPAddress.Parse), dualStack));

    [Fact]
    public void Tproxy_needs_routes_where_it_takes_inbound_ports()
    {
        PodRedirectionSettings tproxy = Written.Today with { Mode = InterceptionMode.Tproxy, IPv6 = true };

        Assert.Equal(["ip -f inet rule add fwmark 1337 lookup 133", "ip -f inet route add local default dev lo table 133"], TproxyRouting.Write(tproxy, IpFamily.IPv4));
        Assert.Equal("ip -6 addr add ::6/128 dev lo", TproxyRouting.Write(Written.Today with { IPv6 = true }, IpFamily.IPv6).Single());
        Assert.Equal(3, TproxyRouting.Write(tproxy, IpFamily.IPv6).Count);
        Assert.Empty(TproxyRouting.Write(tproxy with { InboundPorts = [] }, IpFamily.IPv4));
        Assert.Empty(TproxyRouting.Write(Written.First with { Mode = InterceptionMode.Tproxy, InboundPorts = ["*"] }, IpFamily.IPv6));
    }

    [Theory]
    [InlineData(IpFamily.IPv4)]
    [InlineData(IpFamily.IPv6)]
    public void What_is_written_reads_back_the_same_and_is_understood(IpFamily family) => RandomSettings.Either.Sample(
        settings =>
        {
            Ruleset written = PodRedirectionRules.Write(settings, family);
            string text = SavePrinter.Print(written);
            ParseResult read = IptablesSave.Parse(text, new ParseOptions { Family = family });

            Assert.Empty(read.Errors);
            Assert.Equal(text, string.Concat(read.Rulesets.Select(ruleset => SavePrinter.Print(ruleset))));
            bool asksForSockets = settings.Generation == RedirectionGeneration.FirstGeneration && settings.Mode == InterceptionMode.Tproxy;
            Assert.True(asksForSockets || written.Tables.SelectMany(table => table.Chains).SelectMany(chain => chain.Rules).All(rule => rule.IsUnderstood));
        },
        iter: 1000);
}
