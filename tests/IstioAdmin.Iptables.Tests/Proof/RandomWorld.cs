using System.Text;
using CsCheck;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Iptables.Tests.Proof;

/// <summary>
/// Random rulesets from the understood vocabulary, and random packets. Values come from a few small pools that both sides
/// share, with the borders of every range among them, so that rules and packets meet.
/// </summary>
internal static class RandomWorld
{
    private static readonly string[] AddressesV4 = ["10.244.7.5/32", "10.244.7.0/24", "10.96.0.0/16", "127.0.0.1/32", "0.0.0.0/0", "255.255.255.255/32", "10.0.7.0/255.0.255.0", "0.0.0.0/1"];
    private static readonly string[] AddressesV6 = ["fd00::5/128", "fd00::/64", "::1/128", "::/0", "2001:db8::/32", "ff02::/16"];
    private static readonly string[] HostsV4 = ["10.244.7.5", "10.244.7.0", "10.244.7.255", "10.96.0.1", "10.97.0.0", "127.0.0.1", "127.0.0.2", "0.0.0.0", "255.255.255.255", "128.0.0.0", "10.9.7.255"];
    private static readonly string[] HostsV6 = ["fd00::5", "fd00::", "fd00:0:0:1::", "::1", "::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "ff02::1"];
    private static readonly ushort[] Ports = [0, 1, 22, 79, 80, 81, 1023, 1024, 15001, 15006, 65534, 65535];
    private static readonly string[] PortRanges = ["0", "22", "80", "80:1024", "1:65535", "15006", "65535", "0:79"];
    private static readonly uint[] Ids = [0, 1, 999, 1000, 1336, 1337, 1338, uint.MaxValue];
    private static readonly string[] IdRanges = ["0", "1337", "1000-1337", "0-999"];
    private static readonly string[] Chains = ["A", "B", "C"];

    private static Gen<string> Pick(string[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static Gen<string> Not { get; } = Gen.Int[0, 3].Select(i => i == 0 ? "! " : "");

    private static Gen<string> Protocol(IpFamily family) => Pick(["-p tcp", "-p tcp", "-p udp", family == IpFamily.IPv4 ? "-p icmp" : "-p ipv6-icmp", "! -p tcp"]);

    private static Gen<string> PortMatch { get; } = Gen.Select(Pick(["tcp", "udp"]), Not, Pick(["--dport", "--sport"]), Pick(PortRanges))
        .Select((protocol, not, option, ports) => $"-p {protocol} -m {protocol} {not}{option} {ports}");

    private static Gen<string> Conditions(IpFamily family)
    {
        string[] addresses = family == IpFamily.IPv4 ? AddressesV4 : AddressesV6;
        string icmp = family == IpFamily.IPv4 ? "-p icmp -m icmp --icmp-type" : "-p ipv6-icmp -m icmp6 --icmpv6-type";
        Gen<string> address = Gen.Select(Not, Pick(["-s", "-d"]), Pick(addresses)).Select((not, option, value) => $"{not}{option} {value}");
        Gen<string> one = Gen.OneOf(
            Gen.Const(""),
            address,
            address,
            Protocol(family),
            PortMatch,
            PortMatch,
            Gen.Select(Not, Pick(["-i", "-o"]), Pick(["eth0", "lo", "eth+", "veth+"])).Select((not, option, name) => $"{not}{option} {name}"),
            Gen.Select(Not, Pick(["--dports", "--sports", "--ports"]), Pick(PortRanges), Pick(PortRanges)).Select((not, option, a, b) => $"-p tcp -m multiport {not}{option} {a},{b}"),
            Gen.Select(Not, Pick(["--uid-owner", "--gid-owner"]), Pick(IdRanges)).Select((not, option, ids) => $"-m owner {not}{option} {ids}"),
            Gen.Select(Not, Pick(IdRanges), Not, Pick(IdRanges)).Select((n1, user, n2, group) => $"-m owner {n1}--uid-owner {user} {n2}--gid-owner {group}"),
            Gen.Select(Not, Pick(["NEW", "ESTABLISHED", "INVALID", "UNTRACKED", "NEW,RELATED", "DNAT", "SNAT,ESTABLISHED"])).Select((not, states) => $"-m conntrack {not}--ctstate {states}"),
            Gen.Select(Not, Pick(["0x0", "0x539", "0x1/0x1", "0x0/0xff"])).Select((not, mark) => $"-m mark {not}--mark {mark}"),
            Gen.Select(Not, Pick(["0x0", "0x539"])).Select((not, mark) => $"-m connmark {not}--mark {mark}"),
            Gen.Select(Pick(["--src-type", "--dst-type"]), Pick(["LOCAL", "MULTICAST", "UNICAST", "BROADCAST", "LOCAL,MULTICAST", "LOCAL,UNICAST"])).Select((option, type) => $"-m addrtype {option} {type}"),
            Gen.Select(Not, Pick(["8", "8/0", "3/1"])).Select((not, type) => $"{icmp[..icmp.LastIndexOf(" --", StringComparison.Ordinal)]} {not}{icmp[(icmp.LastIndexOf(" --", StringComparison.Ordinal) + 1)..]} {type}"),
            Gen.Const("-m limit --limit 5/min"));
        return Gen.Frequency((3, one), (1, Gen.Select(address, PortMatch).Select((a, p) => $"{a} {p}")));
    }

    private static Gen<string> Target(string table, string chain, IpFamily family)
    {
        // Only chains further down: the kernel takes no circles.
        string[] callees = [.. Chains.Skip(Array.IndexOf(Chains, chain) + 1)];
        Gen<string> jump = callees.Length == 0
            ? Gen.Const("-j RETURN")
            : Gen.Select(Pick(["-j", "-j", "-g"]), Pick(callees)).Select((how, callee) => $"{how} {callee}");
        Gen<string> common = Gen.OneOf(Pick(["-j ACCEPT", "-j RETURN", "", "-j LOG"]), jump);
        string to = family == IpFamily.IPv4 ? "10.244.7.5" : "fd00::5", away = family == IpFamily.IPv4 ? "10.96.0.1" : "2001:db8::1";
        string mixed = family == IpFamily.IPv4 ? "10.244.7.0-10.244.7.5" : "fd00::-fd00::5";
        string snatPorts = family == IpFamily.IPv4 ? "-p tcp -j SNAT --to-source 10.244.7.5:80-1024" : "-p tcp -j SNAT --to-source [fd00::5]:80-1024";
        // The kernel takes it in PREROUTING only.
        string tproxy = chain != "PREROUTING" ? "-j DROP" : $"-p tcp -j TPROXY --on-port 15006 --on-ip {(family == IpFamily.IPv4 ? "0.0.0.0" : "::")} --tproxy-mark 0x539/0xffffffff";
        return table switch
        {
            "filter" => Gen.OneOf(common, Pick(["-j DROP", "-j REJECT"])),
            // The kernel takes source NAT in these two chains only, and not from chains that others call as well.
            "nat" when chain is "POSTROUTING" or "INPUT" => Gen.OneOf(common, Pick([.. chain == "INPUT" ? Array.Empty<string>() : ["-j MASQUERADE"], $"-j SNAT --to-source {to}", $"-j SNAT --to-source {mixed}", snatPorts])),
            "nat" => Gen.OneOf(common, Pick(["-p tcp -j REDIRECT --to-ports 15001", "-p tcp -j REDIRECT --to-ports 80-1024", "-p tcp -j REDIRECT", $"-j DNAT --to-destination {to}", $"-j DNAT --to-destination {away}", $"-j DNAT --to-destination {mixed}"])),
            "mangle" => Gen.OneOf(common, Pick(["-j MARK --set-xmark 0x539/0xffffffff", "-j MARK --set-xmark 0x1/0x1", "-j CONNMARK --save-mark", "-j CONNMARK --restore-mark", "-j CONNMARK --set-xmark 0x539/0xffffffff", "-j DROP", tproxy])),
            _ => Gen.OneOf(common, Pick(["-j CT --notrack", "-j CT --zone 1", "-j DROP"])),
        };
    }

    private static Gen<string> Table(string table, string[] builtIn, IpFamily family)
    {
        string[] all = [.. builtIn, .. Chains];
        Gen<string> rule = Pick(all).SelectMany(chain =>
            Gen.Select(Conditions(family), Target(table, chain, family)).Select((conditions, target) => Words(chain, conditions, target)));
        Gen<string> policies = Gen.Int[0, 7].Array[builtIn.Length].Select(picks => string.Concat(builtIn.Select((chain, i) => $":{chain} {(picks[i] == 0 && table == "filter" ? "DROP" : "ACCEPT")} [0:0]\n")));
        return Gen.Select(policies, rule.Array[0, 10]).Select((head, rules) => $"*{table}\n{head}{string.Concat(Chains.Select(c => $":{c} - [0:0]\n"))}{string.Concat(rules)}COMMIT\n");
    }

    // A target that names the protocol itself would repeat -p; its own wins.
    private static string Words(string chain, string conditions, string target)
    {
        if (target.StartsWith("-p ", StringComparison.Ordinal) && conditions.Contains("-p ", StringComparison.Ordinal))
            conditions = "";
        var words = new StringBuilder("-A ").Append(chain);
        foreach (string part in new[] { conditions, target })
        {
            if (part.Length > 0)
                words.Append(' ').Append(part);
        }
        return words.Append('\n').ToString();
    }

    /// <summary>A whole dump.</summary>
    public static Gen<string> Dump(IpFamily family) => Gen.Select(
        Table("raw", ["PREROUTING", "OUTPUT"], family),
        Table("mangle", ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"], family),
        Table("nat", ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"], family),
        Table("filter", ["INPUT", "FORWARD", "OUTPUT"], family)).Select((raw, mangle, nat, filter) => raw + mangle + nat + filter);

    /// <summary>A packet; outbound ones have an owner.</summary>
    public static Gen<Packet> Packet(IpFamily family, bool outbound)
    {
        string[] hosts = family == IpFamily.IPv4 ? HostsV4 : HostsV6;
        Gen<UInt128> address = Pick(hosts).Select(Tracing.World.Address);
        Gen<ushort> port = Gen.Int[0, Ports.Length - 1].Select(i => Ports[i]);
        Gen<uint> id = Gen.Int[0, Ids.Length - 1].Select(i => Ids[i]);
        byte icmp = family == IpFamily.IPv4 ? (byte)1 : (byte)58;
        Gen<IpProtocol> protocol = Gen.Int[0, 3].Select(i => i < 2 ? IpProtocol.Tcp : i == 2 ? IpProtocol.Udp : new IpProtocol(icmp));
        Gen<byte> type = Gen.Int[0, 2].Select(i => (byte)(i == 0 ? 8 : i == 1 ? 3 : 0));
        return Gen.Select(protocol, address, address, Gen.Select(port, port), Gen.Select(id, id), Gen.Select(type, Gen.Byte[0, 1])).Select((p, from, to, ports, ids, message) =>
        {
            bool hasPorts = p.HasPorts;
            return new Packet
            {
                Family = family,
                Protocol = p,
                Source = from,
                Destination = to,
                SourcePort = hasPorts ? ports.Item1 : (ushort)0,
                DestinationPort = hasPorts ? ports.Item2 : (ushort)0,
                IcmpType = hasPorts ? (byte)0 : message.Item1,
                IcmpCode = hasPorts ? (byte)0 : message.Item2,
                InInterface = outbound ? "" : "eth0",
                Owner = outbound ? new PacketOwner(ids.Item1, ids.Item2) : null,
            };
        });
    }
}
