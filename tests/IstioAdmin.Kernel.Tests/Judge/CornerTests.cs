using CsCheck;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Testing;

namespace IstioAdmin.Kernel.Tests.Judge;

/// <summary>Rules that chance brings together too seldom, and random packets.</summary>
public sealed class CornerTests
{
    private const int Packets = 200;

    // Rules that belong together are divided by semicolons; the first word of each is its table.
    private static readonly string[] Rules =
    [
        // What a conntrack template in raw does to later rules there.
        "raw -A PREROUTING -p udp -j CT --zone 1; raw -A PREROUTING -p udp -m conntrack --ctstate NEW -j DROP",
        "raw -A OUTPUT -p udp -j CT --zone 1; raw -A OUTPUT -p udp -m conntrack --ctstate INVALID -j DROP",
        "raw -A OUTPUT -p udp -j CT --zone 1; raw -A OUTPUT -p udp -m connmark --mark 0x0 -j DROP",
        "raw -A PREROUTING -p udp -j CT --zone 1; raw -A PREROUTING -p udp -j CT --notrack; nat -A PREROUTING -p udp -j REDIRECT --to-ports 15001",
        "raw -A OUTPUT -p udp -j CT --notrack; raw -A OUTPUT -p udp -j CT --zone 1; nat -A OUTPUT -p udp -j REDIRECT --to-ports 15001",
        "raw -A PREROUTING -p udp -j CT --zone 1; filter -A INPUT -m conntrack --ctstate NEW -j DROP",
        // Untracked packets.
        "raw -A OUTPUT -j CT --notrack; filter -A INPUT -m conntrack --ctstate UNTRACKED -j DROP",
        "raw -A OUTPUT -j CT --notrack; mangle -A OUTPUT -j CONNMARK --set-xmark 0x10/0xff; filter -A OUTPUT -m connmark ! --mark 0x10 -j DROP",
        "raw -A PREROUTING -j CT --notrack; raw -A PREROUTING -m conntrack --ctstate UNTRACKED -j DROP",
        // Interfaces where a rule cannot ask for them by itself.
        "mangle -A POSTROUTING -j ANY; mangle -A ANY -i net1 -j DROP",
        "mangle -A POSTROUTING -j ANY; mangle -A ANY ! -i net1 -j DROP",
        "mangle -A POSTROUTING -j ANY; mangle -A ANY -i lo -j DROP",
        "filter -A OUTPUT -j ANY; filter -A ANY ! -i eth0 -o lo -j DROP",
        "filter -A INPUT -j ANY; filter -A ANY ! -o eth0 -i lo -j DROP",
        "mangle -A PREROUTING -j ANY; mangle -A ANY -o + -j DROP",
        // Routing after destination NAT in OUTPUT.
        "nat -A OUTPUT -j REDIRECT; filter -A OUTPUT -o lo -j DROP",
        "nat -A OUTPUT -j REDIRECT; mangle -A POSTROUTING -o lo -j DROP",
        "nat -A OUTPUT -j REDIRECT; raw -A PREROUTING -i lo -m conntrack --ctstate DNAT -j DROP",
        "nat -A OUTPUT -j REDIRECT; mangle -A POSTROUTING -m owner --uid-owner 0-1337 -j DROP",
        // Source NAT, seen again on loopback.
        "nat -A POSTROUTING -j MASQUERADE; filter -A INPUT -m conntrack --ctstate SNAT -j DROP",
        "nat -A INPUT -j SNAT --to-source {own}; filter -A INPUT -s {own} -j DROP",
        "nat -A POSTROUTING -j SNAT --to-source {own}; filter -A INPUT -i lo -s {own} -j DROP",
        // Jumps and gotos.
        "filter -A INPUT -g ONE; filter -A INPUT -j DROP; filter -A ONE -j TWO; filter -A ONE -p tcp -j RETURN; filter -A ONE -j DROP; filter -A TWO -p udp -j ACCEPT",
        "filter -A INPUT -j ONE; filter -A INPUT -p tcp -j DROP; filter -A ONE -g TWO; filter -A ONE -j DROP; filter -A TWO -p udp -j RETURN",
        "mangle -A OUTPUT -j RETURN; mangle -A OUTPUT -j DROP",
        // Owners.
        "filter -A OUTPUT -m owner ! --uid-owner 1337 ! --gid-owner 1337 -j DROP",
        "mangle -A POSTROUTING -m owner ! --socket-exists -j DROP",
        "mangle -A POSTROUTING -m owner ! --gid-owner 1337 --suppl-groups -j DROP",
        // TPROXY and what follows it.
        "mangle -A PREROUTING -p tcp -j TPROXY --on-port 15001 --on-ip {any} --tproxy-mark 0x539/0xffffffff; mangle -A PREROUTING -j DROP; filter -A INPUT -m mark ! --mark 0x539 -j DROP",
        "mangle -A PREROUTING -p udp -j TPROXY --on-port 15001 --on-ip {any} --tproxy-mark 0x539/0xffffffff; nat -A PREROUTING -p udp -j REDIRECT --to-ports 80",
        // A rule that can never hold.
        "filter -A OUTPUT ! -o + -j DROP",
    ];

    [Theory]
    [MemberData(nameof(KernelWorld.Kinds), MemberType = typeof(KernelWorld))]
    public async Task The_kernel_agrees_where_chance_seldom_leads(IpFamily family, RulesetBackend backend, bool forwards)
    {
        await Testbed.RequireKernelAsync();
        Pools pools = Pools.Of(family);
        using var world = new KernelWorld(family, backend, forwards);
        var judge = new Judge(world, pools, backend, forwards);
        foreach (string rules in Rules)
        {
            string text = rules
                .Replace("{own}", pools.Eth0[1], StringComparison.Ordinal)
                .Replace("{any}", family == IpFamily.IPv4 ? "0.0.0.0" : "::", StringComparison.Ordinal);
            string dump = Guards.Dump(text.Split("; "), family == IpFamily.IPv4);
            RandomPackets.Packet(pools, forwards).Array[Packets].Sample(packets => judge.Hear(dump, packets), iter: 1, threads: 1, print: _ => "");
        }
    }
}
