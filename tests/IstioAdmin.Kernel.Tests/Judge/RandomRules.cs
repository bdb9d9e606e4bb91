using CsCheck;
using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Kernel.Tests.Judge;

/// <summary>
/// Random rulesets of everything the tracer understands, in combinations that iptables takes. Which match and which target may stand
/// in a chain depends on the hooks from which the chain can be reached; therefore every built-in chain has two user chains of its own,
/// and one more user chain, which all may call, does with what is allowed everywhere.
/// </summary>
internal sealed class RandomRules
{
    private const string Shared = "ANY";

    /// <summary>The tables and their built-in chains.</summary>
    public static (string Table, string[] Chains)[] Tables { get; } =
    [
        ("raw", ["PREROUTING", "OUTPUT"]),
        ("mangle", ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"]),
        ("nat", ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"]),
        ("filter", ["INPUT", "FORWARD", "OUTPUT"]),
        ("security", ["INPUT", "FORWARD", "OUTPUT"]),
    ];

    private readonly Pools _pools;
    private readonly bool _v4;
    private readonly bool _forwards;

    public RandomRules(Pools pools, bool forwards)
    {
        _pools = pools;
        _forwards = forwards;
        _v4 = pools.Family == IpFamily.IPv4;
    }

    /// <summary>Dumps with all tables.</summary>
    public Gen<string> Dump => Gen.Select(
        Sometimes(2, 3, Tables[0]),
        Sometimes(3, 4, Tables[1]),
        Sometimes(1, 1, Tables[2]),
        Sometimes(1, 1, Tables[3]),
        Sometimes(1, 5, Tables[4])).Select((raw, mangle, nat, filter, security) => raw + mangle + nat + filter + security);

    /// <summary>The text of one table by its name.</summary>
    public Gen<string> Only(string table) => Text(Tables.Single(t => t.Table == table));

    private Gen<string> Sometimes(int times, int of, (string Table, string[] Chains) table) =>
        Gen.Int[1, of].SelectMany(i => i <= times ? Text(table) : Gen.Const(Guards.Empty(table.Table, table.Chains, _v4)));

    private Gen<string> Text((string Table, string[] Chains) table)
    {
        var rules = new List<Gen<string>>();
        string[] users = [.. table.Chains.SelectMany(chain => new[] { $"{chain}-1", $"{chain}-2" }), Shared];
        foreach (string chain in table.Chains)
        {
            rules.Add(Rules(new(table.Table, chain, chain, [$"{chain}-1", $"{chain}-1", $"{chain}-2", Shared]), 3));
            rules.Add(Rules(new(table.Table, $"{chain}-1", chain, [$"{chain}-2", Shared]), 3));
            rules.Add(Rules(new(table.Table, $"{chain}-2", chain, [Shared]), 2));
        }
        rules.Add(Rules(new(table.Table, Shared, null, []), 3));
        Gen<bool[]> dropping = Gen.Int[1, table.Table == "filter" ? 8 : 40].Select(i => i == 1 && table.Table != "nat").Array[table.Chains.Length];
        return Gen.Select(dropping, All(rules)).Select((drops, texts) => Guards.Head(table.Table, table.Chains, drops, users, _v4) + string.Concat(texts) + "COMMIT\n");
    }

    private static Gen<string[]> All(List<Gen<string>> parts) =>
        parts.Aggregate(Gen.Const(Array.Empty<string>()), (all, one) => Gen.Select(all, one).Select((texts, text) => (string[])[.. texts, text]));

    private Gen<string> Rules(Position at, int most) =>
        Rule(at).Array[0, most].Select(rules => string.Concat(rules));

    private Gen<string> Rule(Position at) =>
        Pick(["", "", "-p tcp", "-p tcp", "-p tcp", "-p udp", "-p udp", "! -p udp", "! -p tcp", _v4 ? "-p icmp" : "-p ipv6-icmp"]).SelectMany(protocol =>
            Gen.Select(OfProtocol(protocol), Addresses, Others(at), Target(at, protocol)).Select((own, addresses, others, target) =>
                string.Join(' ', new[] { $"-A {at.Chain}", protocol, own, addresses, others, target }.Where(part => part.Length > 0)) + "\n"));

    private Gen<string> OfProtocol(string protocol)
    {
        string icmp = _v4 ? "-m icmp {0}--icmp-type {1}" : "-m icmp6 {0}--icmpv6-type {1}";
        if (protocol.Contains("icmp", StringComparison.Ordinal))
            return Gen.Select(Not, Pick(["8", "3/1", "128"])).Select((not, type) => string.Format(null, icmp, not, type));
        if (protocol is not ("-p tcp" or "-p udp"))
            return Gen.Const("");
        string name = protocol[3..];
        Gen<string> destination = Gen.Select(Not, Pick(Pools.PortRanges)).Select((not, ports) => $"-m {name} {not}--dport {ports}");
        Gen<string> source = Gen.Select(Not, Pick(Pools.SourcePortRanges)).Select((not, ports) => $"-m {name} {not}--sport {ports}");
        // Of two single ports iptables-nft 1.8.9 makes one comparison of both: negated, it holds when either differs, against its own manual.
        Gen<string> both = Gen.Select(Not, Pick(Pools.SourcePortRanges), Not, Pick(Pools.PortRanges))
            .Select((not, from, not2, to) => $"-m {name} {not}--sport {from} {(IsSingle(from) && IsSingle(to) ? "" : not2)}--dport {to}");
        Gen<string> multiport = Gen.Select(Not, Pick(["--dports", "--sports", "--ports"]), Pick(Pools.PortRanges), Pick(Pools.SourcePortRanges), Pick(Pools.PortRanges))
            .Select((not, option, a, b, c) => $"-m multiport {not}{option} {a},{b},{c}");
        Gen<string> flags = Gen.Select(Not, Pick(["--syn", "--tcp-flags SYN,ACK SYN", "--tcp-flags ALL SYN", "--tcp-flags FIN,PSH NONE", "--tcp-flags SYN,RST SYN,RST"]))
            .Select((not, option) => $"-m tcp {not}{option}");
        return protocol == "-p tcp"
            ? Gen.Frequency((4, Gen.Const("")), (4, destination), (1, source), (1, both), (2, multiport), (1, flags))
            : Gen.Frequency((4, Gen.Const("")), (4, destination), (1, source), (1, both), (2, multiport));
    }

    private Gen<string> Addresses
    {
        get
        {
            Gen<string> plain = Gen.Select(Not, Pick(["-s", "-d", "-d"]), Pick(_pools.Prefixes)).Select(Prefix);
            Gen<string> exact = Gen.Select(Not, Pick(["-s", "-d", "-d"]), Pick([.. _pools.Eth0, .. _pools.Remote, .. _pools.Callers]))
                .Select((not, option, value) => $"{not}{option} {value}");
            Gen<string> both = Gen.Select(Not, Pick(_pools.Prefixes), Not, Pick(_pools.Prefixes)).Select((n1, from, n2, to) => $"{Prefix(n1, "-s", from)} {Prefix(n2, "-d", to)}");
            Gen<string> range = Gen.Select(Not, Pick(["--src-range", "--dst-range"]), Pick(_pools.Ranges)).Select((not, option, value) => $"-m iprange {not}{option} {value}");
            Gen<string> ranges = Gen.Select(Not, Pick(_pools.Ranges), Not, Pick(_pools.Ranges)).Select((n1, from, n2, to) => $"-m iprange {n1}--src-range {from} {n2}--dst-range {to}");
            Gen<string> type = Gen.Select(Not, Pick(["--src-type", "--dst-type"]), Pick(["LOCAL", "LOCAL", "LOCAL", "MULTICAST", "UNICAST", "LOCAL,MULTICAST"]))
                .Select((not, option, value) => $"-m addrtype {not}{option} {value}");
            return Gen.Frequency((10, Gen.Const("")), (3, plain), (2, exact), (1, both), (1, range), (1, ranges), (1, type));
        }
    }

    // "Every address but those of all" is a rule that iptables-nft 1.8.9 fails to hand to the kernel.
    private static string Prefix(string not, string option, string value) => $"{(value.EndsWith("/0", StringComparison.Ordinal) ? "" : not)}{option} {value}";

    private Gen<string> Others(Position at)
    {
        // Before conntrack has seen a packet, what these matches say is special.
        bool early = at.Table == "raw";
        bool sends = at.Hook is "OUTPUT" or "POSTROUTING", receives = at.Hook is "PREROUTING" or "INPUT" or "FORWARD";
        string[] interfaces = ["eth0", "net1", "lo", "eth+", "e+", "l+", "wlan0"];
        Gen<string> input = Gen.Select(Not, Pick(interfaces)).Select((not, name) => $"{not}-i {name}");
        Gen<string> output = Gen.Select(Not, Pick(interfaces)).Select((not, name) => $"{not}-o {name}");
        var choices = new List<(int, Gen<string>)>
        {
            (12, Gen.Const("")),
            (1, Gen.Const("-m comment --comment \"a word's worth\"")),
            (early ? 6 : 2, Gen.Select(Not, Pick(["NEW", "ESTABLISHED", "INVALID", "UNTRACKED", "NEW,RELATED", "DNAT", "SNAT", "DNAT,SNAT", "INVALID,UNTRACKED", "SNAT,ESTABLISHED"]))
                .Select((not, states) => $"-m conntrack {not}--ctstate {states}")),
            (1, Gen.Select(Not, Pick(["NEW", "RELATED,ESTABLISHED", "INVALID", "UNTRACKED"])).Select((not, states) => $"-m state {not}--state {states}")),
            (2, Gen.Select(Not, Pick(["0x0", "0x10", "0x10/0x10", "0x0/0xff", "0x22/0x32"])).Select((not, mark) => $"-m mark {not}--mark {mark}")),
            (early ? 6 : 2, Gen.Select(Not, Pick(["0x0", "0x10", "0x10/0x10", "0x0/0xff"])).Select((not, mark) => $"-m connmark {not}--mark {mark}")),
        };
        if (at.MayAskForInput)
            choices.Add((at.Hook is null ? 8 : 2, input));
        if (at.MayAskForOutput)
            choices.Add((at.Hook is null ? 8 : 2, output));
        if (at.MayAskForInput && at.MayAskForOutput)
            choices.Add((1, Gen.Select(input, output).Select((i, o) => $"{i} {o}")));
        if (sends)
        {
            Gen<string> user = Gen.Select(Not, Pick(["--uid-owner", "--gid-owner"]), Pick(Pools.IdRanges)).Select((not, option, ids) => $"-m owner {not}{option} {ids}");
            Gen<string> both = Gen.Select(Not, Pick(Pools.IdRanges), Not, Pick(Pools.IdRanges))
                .Select((n1, u, n2, g) => $"-m owner {n1}--uid-owner {u} {n2}--gid-owner {g}");
            Gen<string> group = Gen.Select(Not, Pick(Pools.IdRanges)).Select((not, ids) => $"-m owner {not}--gid-owner {ids} --suppl-groups");
            choices.AddRange([(4, user), (2, both), (1, group), (1, Not.Select(not => $"-m owner {not}--socket-exists"))]);
        }
        if (receives)
        {
            choices.Add((1, Pick([
                "-m physdev ! --physdev-is-bridged", "-m physdev ! --physdev-in eth0", "-m physdev --physdev-in eth0", "-m physdev ! --physdev-is-in", "-m physdev --physdev-is-in",
            ])));
        }
        if (_v4)
            choices.Add((1, Pick(["-f", "! -f"])));
        return Gen.Frequency([.. choices]);
    }

    private Gen<string> Target(Position at, string protocol)
    {
        bool ports = protocol is "-p tcp" or "-p udp";
        Gen<string> basic = Pick(["-j ACCEPT", "-j RETURN", "-j RETURN", "", "-j LOG --log-prefix \"x y\"", "-j NFLOG --nflog-group 5"]);
        Gen<string> common = at.Callees.Length == 0
            ? basic
            : Gen.Frequency((2, basic), (3, Gen.Select(Pick(["-j", "-j", "-g"]), Pick(at.Callees)).Select((how, callee) => $"{how} {callee}")));
        Gen<string> drop = Gen.Const("-j DROP");
        // The marks keep off the bits by which routing delivers what TPROXY took, and off the one that guards use.
        Gen<string> mark = Pick([
            "-j MARK --set-xmark 0x10/0xff", "-j MARK --set-xmark 0x20/0x0", "-j MARK --set-xmark 0x12/0x32", "-j MARK --set-xmark 0x0/0xff",
            "-j CONNMARK --set-xmark 0x10/0xff", "-j CONNMARK --set-xmark 0x22/0x7fffffff",
            "-j CONNMARK --save-mark --nfmask 0xff --ctmask 0xff", "-j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff",
            "-j CONNMARK --save-mark --nfmask 0xf0 --ctmask 0xff", "-j CONNMARK --restore-mark --nfmask 0x3f --ctmask 0xf0",
        ]);
        Gen<string> packetMark = Pick(["-j MARK --set-xmark 0x10/0xff", "-j MARK --set-xmark 0x22/0xff"]);
        return (at.Table, at.Hook) switch
        {
            ("filter", not null) => Gen.Frequency((6, common), (2, drop), (2, Reject(protocol)), (1, mark)),
            ("nat", "PREROUTING") => Gen.Frequency((4, common), (3, Redirect(ports)), (3, Dnat(ports, _v4 || !_forwards)), (1, mark)),
            ("nat", "OUTPUT") => Gen.Frequency((4, common), (3, Redirect(ports)), (3, Dnat(ports, true)), (1, mark)),
            ("nat", "INPUT") => Gen.Frequency((4, common), (1, Snat(ports)), (1, mark)),
            ("nat", "POSTROUTING") => Gen.Frequency((4, common), (2, Snat(ports)), (2, Masquerade(ports)), (1, mark)),
            ("nat", _) => Gen.Frequency((4, common), (1, mark)),
            ("mangle", "PREROUTING") when ports => Gen.Frequency((5, common), (3, mark), (2, Tproxy), (1, drop)),
            ("mangle", null) => Gen.Frequency((4, common), (5, mark), (4, drop)),
            ("mangle", _) => Gen.Frequency((6, common), (5, mark), (1, drop)),
            ("raw", not null) when protocol == "-p udp" => Gen.Frequency((6, common), (4, Pick(["-j CT --notrack", "-j CT --zone 1"])), (1, packetMark), (2, drop)),
            ("raw", not null) => Gen.Frequency((6, common), (2, Gen.Const("-j CT --notrack")), (1, packetMark), (1, Pick(["-j TRACE", "-j DROP"]))),
            _ => Gen.Frequency((6, common), (1, drop)),
        };
    }

    private Gen<string> Reject(string protocol)
    {
        string[] messages = _v4
            ? ["icmp-net-unreachable", "icmp-host-unreachable", "icmp-port-unreachable", "icmp-proto-unreachable", "icmp-net-prohibited", "icmp-host-prohibited", "icmp-admin-prohibited"]
            : ["icmp6-no-route", "icmp6-adm-prohibited", "icmp6-addr-unreachable", "icmp6-port-unreachable"];
        return Pick(protocol == "-p tcp" ? [.. messages, "tcp-reset", "tcp-reset", "tcp-reset"] : messages).Select(with => $"-j REJECT --reject-with {with}");
    }

    private static Gen<string> Redirect(bool ports)
    {
        Gen<string> random = Pick(["", "", "", " --random"]);
        Gen<string> to = Pick([.. Pools.NatRanges, "15001", "15006", "15001", "80"]);
        return ports
            ? Gen.Frequency((1, Gen.Const("-j REDIRECT")), (5, Gen.Select(to, random).Select((range, how) => $"-j REDIRECT --to-ports {range}{how}")))
            : Gen.Const("-j REDIRECT");
    }

    // Not to ::1 from the wire where the pod forwards: the kernel sends that out again by the interface it came in by, and the tracer does not.
    private Gen<string> Dnat(bool ports, bool loopback)
    {
        string[] targets = [_pools.Eth0[0], _pools.Eth0[1], _pools.Net1[0], .. loopback ? _pools.Loopback : [], _pools.Remote[0], _pools.Remote[1], _pools.RemoteRange, _pools.MixedRange, _pools.LocalRange];
        Gen<string> address = Pick(targets);
        Gen<string> withPort = Gen.Select(Pick([_pools.Eth0[0], _pools.Remote[0], loopback ? _pools.Loopback[0] : _pools.Eth0[1], _pools.RemoteRange]), Pick([.. Pools.NatRanges, "80", "15001", "80-84/79", "15001-15003/1024"]))
            .Select((a, p) => _v4 ? $"{a}:{p}" : $"[{a}]:{p}");
        Gen<string> option = Pick(["", "", "", " --random", " --persistent"]);
        return Gen.Select(ports ? Gen.OneOf(address, withPort) : address, option).Select((to, how) => $"-j DNAT --to-destination {to}{how}");
    }

    // Always one of the pod's addresses: to another one, a pod that calls itself could not answer.
    private Gen<string> Snat(bool ports)
    {
        Gen<string> address = Pick([_pools.Eth0[0], _pools.Eth0[1], _pools.Net1[0], _pools.LocalRange]);
        Gen<string> withPort = address.Select(a => _v4 ? $"{a}:20000-50000" : $"[{a}]:20000-50000");
        return (ports ? Gen.OneOf(address, address, withPort) : address).Select(to => $"-j SNAT --to-source {to}");
    }

    private static Gen<string> Masquerade(bool ports) => ports ? Pick(["-j MASQUERADE", "-j MASQUERADE", "-j MASQUERADE --to-ports 20000-50000"]) : Gen.Const("-j MASQUERADE");

    private Gen<string> Tproxy
    {
        get
        {
            string any = _v4 ? "0.0.0.0" : "::";
            return Gen.Select(Pick(["15001", "15006", "0"]), Pick(["0x500/0xf00", "0x539/0xffffffff", "0x510/0xff0"]))
                .Select((port, mark) => $"-j TPROXY --on-port {port} --on-ip {any} --tproxy-mark {mark}");
        }
    }

    private static bool IsSingle(string ports) => !ports.Contains(':', StringComparison.Ordinal);

    private static Gen<string> Pick(string[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static Gen<string> Not { get; } = Gen.Int[0, 3].Select(i => i == 0 ? "! " : "");

    /// <summary>Where a rule stands, and from which built-in chain it can be reached; null for the chain that all of a table share.</summary>
    private sealed record Position(string Table, string Chain, string? Hook, string[] Callees)
    {
        private bool IsBuiltIn => Chain == Hook;

        public bool MayAskForInput => !IsBuiltIn || Hook is not ("OUTPUT" or "POSTROUTING");

        public bool MayAskForOutput => !IsBuiltIn || Hook is not ("PREROUTING" or "INPUT");
    }
}
