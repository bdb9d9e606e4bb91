using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Redirection;

namespace IstioAdmin.Iptables.Tests.Redirection;

public sealed class FirstGenerationRulesTests
{
    [Fact]
    public void A_pod_of_a_real_mesh_has_them() =>
        Assert.Equal(Dump.WithoutComments(Dump.Read("istio-cni-1.1-details.save")), Written.Text(Written.First with { InboundPorts = ["9080"] }));

    [Fact]
    public void A_pod_of_a_real_mesh_with_annotations_has_them() =>
        Assert.Equal(Dump.WithoutComments(Dump.Read("istio-cni-1.1-annotated.save")), Written.Text(Written.First with
        {
            InboundPorts = ["*"],
            ExcludedInboundPorts = ["9443"],
            OutboundIpRanges = ["10.96.0.0/16", "10.244.0.0/16"],
            ExcludedOutboundIpRanges = ["10.244.9.0/24"],
        }));

    [Fact]
    public void IPv6_comes_in_only_as_an_answer() =>
        Assert.Equal(
            """
            *filter
            :INPUT ACCEPT [0:0]
            :FORWARD ACCEPT [0:0]
            :OUTPUT ACCEPT [0:0]
            -A INPUT -m state --state ESTABLISHED -j ACCEPT
            -A INPUT -j REJECT --reject-with icmp6-port-unreachable
            COMMIT

            """,
            Written.Text(Written.First, IpFamily.IPv6));

    [Fact]
    public void IPv6_is_left_alone_where_it_is_enabled() => Assert.Empty(PodRedirectionRules.Write(Written.First with { IPv6 = true }, IpFamily.IPv6).Tables);

    [Fact]
    public void Tproxy_sends_to_the_proxy_port_and_asks_twice_for_a_socket()
    {
        PodRedirectionSettings settings = Written.First with { Mode = InterceptionMode.Tproxy, InboundPorts = ["9080"], InboundCapturePort = 15006 };

        Assert.Equal(
            [
                "PREROUTING -p tcp -j ISTIO_INBOUND",
                "ISTIO_DIVERT -j MARK --set-xmark 0x539/0xffffffff",
                "ISTIO_DIVERT -j ACCEPT",
                "ISTIO_INBOUND -p tcp -m tcp --dport 9080 -m socket -j ISTIO_DIVERT",
                "ISTIO_INBOUND -p tcp -m tcp --dport 9080 -m socket -j ISTIO_DIVERT",
                "ISTIO_INBOUND -p tcp -m tcp --dport 9080 -j ISTIO_TPROXY",
                "ISTIO_TPROXY ! -d 127.0.0.1/32 -p tcp -j TPROXY --on-port 15001 --on-ip 0.0.0.0 --tproxy-mark 0x539/0xffffffff",
            ],
            Written.Rules(settings, "mangle"));
        Assert.Equal(["-p tcp -j REDIRECT --to-ports 15006"], Written.Rules(settings, "nat", "ISTIO_IN_REDIRECT"));
    }

    [Fact]
    public void Interfaces_of_virtual_machines_come_first_and_the_last_range_before_them() =>
        Assert.Equal(
            [
                "-d 10.2.0.0/16 -i tap1 -j ISTIO_REDIRECT",
                "-d 10.2.0.0/16 -i tap0 -j ISTIO_REDIRECT",
                "-d 10.1.0.0/16 -i tap1 -j ISTIO_REDIRECT",
                "-d 10.1.0.0/16 -i tap0 -j ISTIO_REDIRECT",
                "-i tap1 -j RETURN",
                "-i tap0 -j RETURN",
                "-p tcp -j ISTIO_INBOUND",
            ],
            Written.Rules(Written.First with { InboundPorts = ["80"], OutboundIpRanges = ["10.1.0.0/16", "10.2.0.0/16"], KubeVirtInterfaces = ["tap0", "tap1"] }, "nat", "PREROUTING"));

    [Fact]
    public void Without_a_named_user_the_script_lets_root_pass_too() =>
        Assert.Equal(
            [
                "! -d 127.0.0.1/32 -o lo -j ISTIO_REDIRECT",
                "-m owner --uid-owner 1337 -j RETURN",
                "-m owner --uid-owner 0 -j RETURN",
                "-m owner --gid-owner 1337 -j RETURN",
                "-m owner --gid-owner 0 -j RETURN",
                "-d 127.0.0.1/32 -j RETURN",
            ],
            Written.Rules(UpstreamDefaults.Program(RedirectionGeneration.FirstGeneration), "nat", "ISTIO_OUTPUT"));
}
