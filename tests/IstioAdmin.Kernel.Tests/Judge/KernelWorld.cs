using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Kernel.Tests.Judge;

/// <summary>
/// Three network namespaces: the pod, a router behind its eth0 that answers for every address in the world, and callers behind its net1.
/// Neighbours are static, so that nothing waits for ARP; errors of ICMP are not rationed, so that every REJECT is heard.
/// </summary>
internal sealed class KernelWorld : IDisposable
{
    /// <summary>The bits of the packet mark that make routing deliver a packet locally, as TPROXY needs it for foreign addresses.</summary>
    public const string TransparentMark = "0x500/0xf00";

    /// <summary>The worlds there are: family, back end, and whether the pod passes packets on.</summary>
    public static TheoryData<IpFamily, RulesetBackend, bool> Kinds => new MatrixTheoryData<IpFamily, RulesetBackend, bool>(
        [IpFamily.IPv4, IpFamily.IPv6], [RulesetBackend.NfTables, RulesetBackend.Legacy], [false, true]);

    private static readonly Observation Nothing = new Observation.Silence();
    private readonly NamespaceThread _thread = new(3);
    private readonly Pools _pools;
    private readonly string _restore;
    private readonly Listeners _listeners;
    private readonly bool _v4;
    private uint _nextId = 1;
    private ushort _nextPort = 20000;

    /// <summary>Makes the namespaces and opens the listeners.</summary>
    public KernelWorld(IpFamily family, RulesetBackend backend, bool forwards)
    {
        _pools = Pools.Of(family);
        _v4 = family == IpFamily.IPv4;
        _restore = Restore(backend);
        _listeners = new Listeners(family);
        _thread.Run(() =>
        {
            Join(forwards);
            foreach (Place place in new[] { Place.Pod, Place.Router })
            {
                _thread.Enter((int)place);
                _listeners.Open(place);
            }
            return 0;
        });
    }

    /// <summary>Number of the first packet that was sent last.</summary>
    public uint FirstId { get; private set; }

    /// <summary>Numbers of packets sent earlier that arrived only while the last ones were waited for.</summary>
    public IReadOnlyList<uint> Stragglers { get; private set; } = [];

    /// <summary>Replaces all rules in the pod.</summary>
    public void Load(string dump) => Load(dump, _restore);

    /// <summary>Replaces all rules that a back end holds in the pod; those of the other one stay.</summary>
    public void Load(string dump, RulesetBackend backend) => Load(dump, Restore(backend));

    private string Restore(RulesetBackend backend) => $"{(_v4 ? "iptables" : "ip6tables")}-{(backend == RulesetBackend.Legacy ? "legacy" : "nft")}-restore";

    private void Load(string dump, string restore) => _thread.Run(() =>
    {
        // Waits for the lock of the legacy tools, which the whole machine shares.
        _thread.Execute((int)Place.Pod, restore, restore.Contains("legacy", StringComparison.Ordinal) ? ["-w", "30"] : [], dump);
        return 0;
    });

    /// <summary>
    /// Sends packets, each as the first one of its connection, and tells what became of each.
    /// </summary>
    /// <param name="packets">The packets; their source ports may be changed so that no two are alike, and are so on return.</param>
    /// <param name="quiet">How long nothing must have happened before packets without a sign count as lost.</param>
    public Observation[] Send(SentPacket[] packets, TimeSpan quiet) => _thread.Run<Observation[]>(() =>
    {
        _thread.Enter((int)Place.Pod);
        Conntrack.Flush();
        GiveEachItsPort(packets);
        FirstId = _nextId;
        _nextId += (uint)packets.Length;
        var batch = new Batch(_listeners, packets, FirstId);
        try
        {
            foreach (int i in Enumerable.Range(0, packets.Length).OrderBy(i => packets[i].From))
            {
                _thread.Enter((int)packets[i].From);
                batch.Start(i);
            }
            batch.Collect(quiet);
            Stragglers = batch.Stragglers;
            return [.. batch.Seen.Select(seen => seen ?? Nothing)];
        }
        finally
        {
            batch.Close();
        }
    });

    public void Dispose()
    {
        _listeners.Dispose();
        _thread.Dispose();
    }

    private void GiveEachItsPort(SentPacket[] packets)
    {
        var taken = new HashSet<(bool, ushort)>();
        for (int i = 0; i < packets.Length; i++)
        {
            bool tcp = packets[i].Packet.Protocol == IpProtocol.Tcp;
            ushort port = packets[i].Packet.SourcePort;
            while (port == 0 || !taken.Add((tcp, port)))
            {
                port = _nextPort;
                _nextPort = _nextPort == 59999 ? (ushort)20000 : (ushort)(_nextPort + 1);
            }
            packets[i] = packets[i] with { Packet = packets[i].Packet with { SourcePort = port } };
        }
    }

    private void Join(bool forwards)
    {
        (string gatewayEth0, string gatewayNet1) = _v4 ? ("169.254.1.1", "169.254.2.1") : ("fe80::101", "fe80::201");
        string everything = _v4 ? "0.0.0.0/0" : "::/0", width = _v4 ? "/32" : "/128", nodad = _v4 ? "" : " nodad";
        for (int i = 0; i < 3; i++)
            Prepare(i, forwards && i == (int)Place.Pod);
        Ip(Place.Pod, [
            "link add eth0 address 02:00:00:00:00:01 type veth peer name eth0p address 02:00:00:00:00:02",
            "link add net1 address 02:00:00:00:01:01 type veth peer name net1p address 02:00:00:00:01:02",
            $"link set eth0p netns {_thread.PathOf((int)Place.Router)} name eth0",
            $"link set net1p netns {_thread.PathOf((int)Place.Callers)} name net1",
        ]);
        foreach ((Place place, string device) in new[] { (Place.Pod, "eth0"), (Place.Pod, "net1"), (Place.Router, "eth0"), (Place.Callers, "net1") })
            Relax(place, device);
        // Of addresses of equal scope IPv6 puts the newest first (net/ipv6/addrconf.c, ipv6_link_dev_addr).
        string[] eth0 = _v4 ? _pools.Eth0 : [.. _pools.Eth0.Reverse()];
        Ip(Place.Pod, [
            "link set lo up", "link set eth0 up", "link set net1 up",
            .. eth0.Select(a => $"addr add {a}{width} dev eth0{nodad}"),
            .. _pools.Net1.Select(a => $"addr add {a}{width} dev net1{nodad}"),
            $"neigh replace {gatewayEth0} lladdr 02:00:00:00:00:02 dev eth0 nud permanent",
            $"neigh replace {gatewayNet1} lladdr 02:00:00:00:01:02 dev net1 nud permanent",
            $"route add default via {gatewayEth0} dev eth0 onlink",
            .. _pools.Callers.Select(a => $"route add {a}{width} via {gatewayNet1} dev net1 onlink"),
            $"rule add fwmark {TransparentMark} lookup 100 pref 100",
            $"route add local {everything} dev lo table 100",
        ]);
        Ip(Place.Router, [
            "link set lo up", "link set eth0 up",
            .. _pools.Router.Select(a => $"addr add {a}{width} dev eth0{nodad}"),
            $"neigh replace {gatewayEth0} lladdr 02:00:00:00:00:01 dev eth0 nud permanent",
            $"route add default via {gatewayEth0} dev eth0 onlink",
            $"rule add iif eth0 lookup 100 pref 100",
            $"route add local {everything} dev lo table 100",
        ]);
        Ip(Place.Callers, [
            "link set lo up", "link set net1 up",
            .. _pools.Callers.Select(a => $"addr add {a}{width} dev net1{nodad}"),
            $"neigh replace {gatewayNet1} lladdr 02:00:00:00:01:01 dev net1 nud permanent",
            $"route add default via {gatewayNet1} dev net1 onlink",
        ]);
    }

    private void Prepare(int place, bool forwards)
    {
        foreach (string all in new[] { "all", "default" })
        {
            _thread.Set(place, $"ipv4/conf/{all}/rp_filter", "0");
            _thread.Set(place, $"ipv4/conf/{all}/accept_local", place == (int)Place.Router ? "1" : "0");
            _thread.Set(place, $"ipv4/conf/{all}/send_redirects", "0");
            _thread.Set(place, $"ipv6/conf/{all}/accept_dad", "0");
            _thread.Set(place, $"ipv6/conf/{all}/accept_ra", "0");
            _thread.Set(place, $"ipv6/conf/{all}/router_solicitations", "0");
        }
        _thread.Set(place, "ipv6/conf/default/addr_gen_mode", "1");
        _thread.Set(place, "ipv4/ip_forward", forwards ? "1" : "0");
        _thread.Set(place, "ipv6/conf/all/forwarding", forwards ? "1" : "0");
        _thread.Set(place, "ipv4/icmp_ratemask", "0");
        _thread.Set(place, "ipv6/icmp/ratelimit", "0");
        _thread.Set(place, "ipv6/icmp/ratemask", "");
        // What is no first packet of a connection must not become one for NAT.
        _thread.Set(place, "netfilter/nf_conntrack_tcp_loose", "0");
    }

    private void Relax(Place place, string device)
    {
        _thread.Set((int)place, $"ipv4/conf/{device}/rp_filter", "0");
        _thread.Set((int)place, $"ipv6/conf/{device}/addr_gen_mode", "1");
    }

    private void Ip(Place place, string[] commands) =>
        _thread.Execute((int)place, "ip", [_v4 ? "-4" : "-6", "-batch", "-"], string.Concat(commands.Select(command => command + "\n")));
}
