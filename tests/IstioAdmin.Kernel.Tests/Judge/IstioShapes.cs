using CsCheck;
using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Kernel.Tests.Judge;

/// <summary>
/// Rulesets of the shape that Istio writes into pods, with REDIRECT or with TPROXY, for random settings; in the tables that Istio leaves
/// alone stand random rules, or none.
/// </summary>
internal sealed class IstioShapes
{
    private static readonly string[] Raw = ["PREROUTING", "OUTPUT"];
    private static readonly string[] Mangle = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];
    private static readonly string[] Nat = ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"];
    private static readonly string[] Filter = ["INPUT", "FORWARD", "OUTPUT"];
    private readonly Pools _pools;
    private readonly RandomRules _random;
    private readonly bool _v4;
    private readonly string _localhost;
    private readonly string _passthrough;

    public IstioShapes(Pools pools)
    {
        _pools = pools;
        _random = new RandomRules(pools, forwards: false);
        _v4 = pools.Family == IpFamily.IPv4;
        (_localhost, _passthrough) = _v4 ? ("127.0.0.1/32", "127.0.0.6/32") : ("::1/128", "::6/128");
    }

    /// <summary>Dumps with all tables.</summary>
    public Gen<string> Dump
    {
        get
        {
            Gen<string[]> ports = Gen.Int[0, Pools.Ports.Length - 1].Select(i => $"{Pools.Ports[i]}").Array[0, 3];
            Gen<string[]> networks = Gen.Int[0, _pools.Prefixes.Length - 1].Select(i => _pools.Prefixes[i]).Array[0, 2];
            Gen<Settings> settings = Gen.Select(Gen.Bool, Gen.Bool, ports, ports, networks, networks, Gen.Bool, Gen.Bool).Select(
                (tproxy, only, inbound, outbound, include, exclude, dns, first) => new Settings(tproxy, only, inbound, outbound, include, exclude, dns, first));
            return Gen.Select(settings, _random.Only("mangle"), _random.Only("filter"), Gen.Int[0, 3]).Select((how, mangle, filter, mix) =>
                (how.Dns ? DnsZones() : Guards.Empty("raw", Raw, _v4))
                + (how.Tproxy ? TproxyMangle(how) : (mix & 1) == 0 ? mangle : Guards.Empty("mangle", Mangle, _v4))
                + NatTable(how)
                + ((mix & 2) == 0 ? filter : Guards.Empty("filter", Filter, _v4))
                + Guards.Empty("security", Filter, _v4));
        }
    }

    private string NatTable(Settings how)
    {
        var rules = new List<string>();
        if (!how.Tproxy)
            rules.AddRange(["-A PREROUTING -p tcp -j ISTIO_INBOUND", .. Inbound(how, "ISTIO_IN_REDIRECT")]);
        rules.AddRange([how.FirstGeneration ? "-A OUTPUT -p tcp -j ISTIO_OUTPUT" : "-A OUTPUT -j ISTIO_OUTPUT", "-A ISTIO_IN_REDIRECT -p tcp -j REDIRECT --to-ports 15006"]);
        if (how.Dns)
            rules.AddRange(["-A OUTPUT -p udp -m udp --dport 53 -m owner --uid-owner 1337 -j RETURN", "-A OUTPUT -p udp -m udp --dport 53 -j REDIRECT --to-ports 15053"]);
        rules.AddRange(how.Outbound.Select(port => $"-A ISTIO_OUTPUT -p tcp -m tcp --dport {port} -j RETURN"));
        if (how.FirstGeneration)
        {
            rules.Add($"-A ISTIO_OUTPUT ! -d {_localhost} -o lo -j ISTIO_REDIRECT");
        }
        else
        {
            rules.Add($"-A ISTIO_OUTPUT -s {_passthrough} -o lo -j RETURN");
            rules.Add($"-A ISTIO_OUTPUT ! -d {_localhost} -o lo -p tcp -m multiport ! --dports 53,15008 -m owner --uid-owner 1337 -j ISTIO_IN_REDIRECT");
            rules.Add("-A ISTIO_OUTPUT -o lo -p tcp -m tcp ! --dport 53 -m owner ! --uid-owner 1337 -j RETURN");
        }
        rules.AddRange(["-A ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN", "-A ISTIO_OUTPUT -m owner --gid-owner 1337 -j RETURN", $"-A ISTIO_OUTPUT -d {_localhost} -j RETURN"]);
        rules.AddRange(how.Exclude.Select(network => $"-A ISTIO_OUTPUT -d {network} -j RETURN"));
        rules.AddRange(how.Include.Length == 0 ? ["-A ISTIO_OUTPUT -j ISTIO_REDIRECT"] : how.Include.Select(network => $"-A ISTIO_OUTPUT -d {network} -j ISTIO_REDIRECT"));
        rules.AddRange(["-A ISTIO_OUTPUT -j RETURN", "-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001"]);
        return Text("nat", Nat, ["ISTIO_INBOUND", "ISTIO_IN_REDIRECT", "ISTIO_OUTPUT", "ISTIO_REDIRECT"], rules);
    }

    private static IEnumerable<string> Inbound(Settings how, string capture) => how.OnlyDeclared
        ? how.Inbound.Select(port => $"-A ISTIO_INBOUND -p tcp -m tcp --dport {port} -j {capture}")
        : [.. how.Inbound.Select(port => $"-A ISTIO_INBOUND -p tcp -m tcp --dport {port} -j RETURN"), $"-A ISTIO_INBOUND -p tcp -j {capture}"];

    private string TproxyMangle(Settings how) => Text("mangle", Mangle, ["ISTIO_DIVERT", "ISTIO_INBOUND", "ISTIO_TPROXY"], [
        "-A PREROUTING -p tcp -j ISTIO_INBOUND",
        "-A PREROUTING -p tcp -m mark --mark 0x539 -j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff",
        "-A OUTPUT -p tcp -m connmark --mark 0x539 -j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff",
        "-A ISTIO_DIVERT -j MARK --set-xmark 0x539/0xffffffff",
        "-A ISTIO_DIVERT -j ACCEPT",
        "-A ISTIO_INBOUND -p tcp -m mark --mark 0x539 -j RETURN",
        $"-A ISTIO_INBOUND -s {_passthrough} -i lo -j RETURN",
        "-A ISTIO_INBOUND -p tcp -i lo -m mark ! --mark 0x539 -j RETURN",
        "-A ISTIO_INBOUND -p tcp -m conntrack --ctstate RELATED,ESTABLISHED -j ISTIO_DIVERT",
        .. Inbound(how, "ISTIO_TPROXY"),
        $"-A ISTIO_TPROXY ! -d {_localhost} -p tcp -j TPROXY --on-port 15006 --on-ip {(_v4 ? "0.0.0.0" : "::")} --tproxy-mark 0x539/0xffffffff",
    ]);

    private string DnsZones() => Text("raw", Raw, [], [
        "-A OUTPUT -p udp -m udp --dport 53 -m owner --uid-owner 1337 -j CT --zone 1",
        "-A OUTPUT -p udp -m udp --sport 15053 -m owner --uid-owner 1337 -j CT --zone 2",
        "-A PREROUTING -p udp -m udp --sport 53 -j CT --zone 1",
        $"-A OUTPUT -d {_pools.Remote[0]} -p udp -m udp --dport 53 -j CT --zone 2",
    ]);

    private string Text(string table, string[] chains, string[] users, IEnumerable<string> rules) =>
        Guards.Head(table, chains, new bool[chains.Length], users, _v4) + string.Concat(rules.Select(rule => rule + "\n")) + "COMMIT\n";

    private sealed record Settings(
        bool Tproxy, bool OnlyDeclared, string[] Inbound, string[] Outbound, string[] Include, string[] Exclude, bool Dns, bool FirstGeneration);
}
