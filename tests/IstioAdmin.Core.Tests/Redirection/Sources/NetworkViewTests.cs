using IstioAdmin.Core.Redirection.Sources.Node;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Core.Tests.Redirection.Sources;

/// <summary>A pod's interfaces and addresses as /proc shows them.</summary>
public sealed class NetworkViewTests
{
    [Fact]
    public void Interfaces_addresses_and_the_default_route_are_read()
    {
        TraceHost host = NetworkView.Parse("""
            /proc/self/net/dev:Inter-|   Receive                                                |  Transmit
            /proc/self/net/dev: face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
            /proc/self/net/dev:    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
            /proc/self/net/dev:  net1:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
            /proc/self/net/dev:  eth0:     946      11    0    0    0     0          0         0      866       9    0    0    0     0       0          0
            /proc/self/net/route:Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
            /proc/self/net/route:eth0	00000000	0107F40A	0003	0	0	0	00000000	0	0	0
            /proc/self/net/route:eth0	0007F40A	00000000	0001	0	0	0	00FFFFFF	0	0	0
            /proc/self/net/route:net1	0000A8C0	00000000	0001	0	0	0	0000FFFF	0	0	0
            /proc/self/net/fib_trie:Main:
            /proc/self/net/fib_trie:        |-- 10.244.7.0
            /proc/self/net/fib_trie:           /24 link UNICAST
            /proc/self/net/fib_trie:        |-- 10.244.7.3
            /proc/self/net/fib_trie:           /32 host LOCAL
            /proc/self/net/fib_trie:        |-- 10.244.7.9
            /proc/self/net/fib_trie:           /32 host LOCAL
            /proc/self/net/fib_trie:        |-- 10.244.7.255
            /proc/self/net/fib_trie:           /32 link BROADCAST
            /proc/self/net/fib_trie:           |-- 127.0.0.1
            /proc/self/net/fib_trie:              /32 host LOCAL
            /proc/self/net/fib_trie:     |-- 192.168.4.4
            /proc/self/net/fib_trie:        /32 host LOCAL
            /proc/self/net/fib_trie:     |-- 172.16.0.1
            /proc/self/net/fib_trie:        /32 host LOCAL
            /proc/self/net/if_inet6:00000000000000000000000000000001 01 80 10 80       lo
            /proc/self/net/if_inet6:fd000000000000000000000000000005 02 40 00 80     eth0
            /proc/self/net/ip6_tables_names:filter
            /proc/sys/net/ipv4/ip_forward:1
            """).Host(["10.244.7.9"])!;

        Assert.Equal("eth0", host.DefaultInterface);
        Assert.True(host.Forwards);
        Assert.Equal(["eth0", "lo", "net1"], host.Interfaces.Select(i => i.Name).Order());
        // The pod's own address before one that sorts before it, and an address without a net with the default interface.
        Assert.Equal([(IpFamily.IPv4, 0x0AF40709), (IpFamily.IPv4, 0x0AF40703), (IpFamily.IPv4, 0xAC100001), (IpFamily.IPv6, UInt128.Parse("336294682933583715844663186250927177733", null))],
            host.Interfaces.Single(i => i.Name == "eth0").Addresses.Select(a => (a.Family, a.Address)));
        Assert.Equal((UInt128)0xC0A80404, host.PrimaryAddress("net1", IpFamily.IPv4));
        Assert.Equal(TraceHost.LoopbackIPv4, host.PrimaryAddress("lo", IpFamily.IPv4));
    }

    [Fact]
    public void Tables_of_iptables_legacy_are_noted_by_family()
    {
        NetworkView view = NetworkView.Parse("/proc/self/net/ip6_tables_names:filter\n");

        Assert.Equal([IpFamily.IPv6], view.LegacyTables);
        Assert.Null(view.Host([]));
    }
}
